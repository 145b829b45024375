"""Databases to back up and to restore into; no code under test here."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
from cryptography.fernet import Fernet
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.settings import Settings


@contextmanager
def empty_database(server: str, settings: Settings) -> Iterator[Settings]:
    """Give settings that name a database without any table, dropped at the end."""
    name = f"empty_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield settings.model_copy(update={"database_url": make_conninfo(server, dbname=name)})
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        connection.execute(drop)


def with_ring(settings: Settings) -> Settings:
    """Return the settings with a key ring of their own."""
    key = Fernet.generate_key().decode()
    return settings.model_copy(update={"keys": SecretStr(key)})


def rows(settings: Settings, statement: str) -> list[tuple[Any, ...]]:
    """Return what a statement finds, in a session that is over then."""
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []
