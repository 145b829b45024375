"""Migrations run once, in order, by one process at a time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bridge.db.database import connect
from bridge.db.migrate import migrate, read_migrations, wait_for_schema
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.settings import Settings

VERSIONS = [migration.version for migration in read_migrations()]


@pytest.fixture
def empty(server: str, settings: Settings) -> Iterator[Settings]:
    """Settings that name a database without any table."""
    name = f"empty_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield settings.model_copy(update={"database_url": make_conninfo(server, dbname=name)})
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        connection.execute(drop)


def test_versions_are_numbered_without_a_gap() -> None:
    assert list(range(1, len(VERSIONS) + 1)) == VERSIONS


def test_every_migration_is_applied_once(empty: Settings) -> None:
    assert migrate(empty) == VERSIONS
    assert migrate(empty) == []


def test_an_older_program_leaves_a_newer_database_alone(empty: Settings) -> None:
    migrate(empty)
    with connect(empty) as connection:
        connection.execute("INSERT INTO schema_version (version, name) VALUES (9999, 'later')")
        before = connection.execute("SELECT count(*) FROM pg_class").fetchone()
    with pytest.raises(ConfigurationError, match=r"migrations 9999, which version .* not know"):
        migrate(empty)
    with connect(empty) as connection:
        assert connection.execute("SELECT count(*) FROM pg_class").fetchone() == before


def test_processes_that_migrate_at_the_same_time_share_the_work(empty: Settings) -> None:
    applied: list[int] = []
    threads = [threading.Thread(target=lambda: applied.extend(migrate(empty))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied) == VERSIONS


def test_a_process_that_needs_the_schema_is_told_what_is_missing(empty: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"lacks migrations 1, .*bridge db migrate"):
        wait_for_schema(empty, deadline_s=0)


def test_a_process_that_needs_the_schema_waits_for_it(empty: Settings) -> None:
    waiting = threading.Thread(target=wait_for_schema, args=(empty, 30))
    waiting.start()
    migrate(empty)
    waiting.join(30)
    assert not waiting.is_alive()


def test_a_migration_that_fails_leaves_those_before_it(empty: Settings) -> None:
    with connect(empty) as connection:
        connection.execute("CREATE TABLE endpoint_of_nobody (id int)")
        connection.execute("CREATE VIEW connection AS SELECT 1")  # what the second one makes
    with pytest.raises(psycopg.Error):
        migrate(empty)
    with connect(empty) as connection:
        assert connection.execute("SELECT version FROM schema_version").fetchall() == [(1,)]


def test_a_migration_gives_up_on_a_lock_instead_of_holding_everybody_up(empty: Settings) -> None:
    with connect(empty) as other, other.transaction():
        other.execute("CREATE TABLE clock_offset (id int)")  # what the first one makes
        with pytest.raises(psycopg.errors.LockNotAvailable):
            migrate(empty, lock_timeout_s=0.05)
