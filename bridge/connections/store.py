"""Connections in the database: adding, reading, pausing."""

from __future__ import annotations

import logging
import re
import secrets
from itertools import groupby
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bridge.connections.model import Connection, Endpoint
from bridge.connections.sealed import Sealed
from bridge.connections.secrets import write_secret
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from bridge.identity import salesforce_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Profile
    from bridge.mapping.marks import Mark
    from bridge.settings import Settings

log = logging.getLogger(__name__)

_SQL = load_queries("bridge.connections")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?")
SECRET_BYTES = 24  # 192 bits: nothing else authenticates an outbound message

DEFAULT = "default"


def add_connection(
    tx: psycopg.Connection[Any],
    keyring: KeyRing,
    name: str,
    organization_id: str,
    *,
    must_be_new: bool = False,
) -> Connection:
    """Return the connection of this name, made with a path secret of its own where it is new.

    Raises:
        ConfigurationError: If the name cannot stand in a path, the id is no organization's, or
            the name belongs to another organization, or to anybody where it must be new.
    """
    check_name(name)
    organization_id = check_organization_id(organization_id)
    parameters = {"name": name, "organization_id": organization_id}
    made = tx.execute(_SQL["add_connection"], parameters).fetchone()
    connection = load_connection(tx, name)
    if made is not None:
        path_secret = secrets.token_urlsafe(SECRET_BYTES)
        write_secret(tx, keyring, connection.id, "path_secret", path_secret)
    elif must_be_new:
        raise ConfigurationError(f"there is a connection {name!r} already: choose another name")
    if connection.organization_id not in {None, organization_id}:
        raise ConfigurationError(
            f"the connection {name!r} serves the organization {connection.organization_id}; "
            f"give {organization_id} another name"
        )
    return connection


def check_name(name: str) -> None:
    """Check that a connection can have a name.

    Raises:
        ConfigurationError: If it cannot stand in an address.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} cannot name a connection: it stands in an address, so use letters, digits, "
            "'-', '_' and '.', at most 64"
        )


def check_organization_id(text: str) -> str:
    """Return the 18-character form of an organization id.

    Raises:
        ConfigurationError: If it is none.
    """
    try:
        organization_id = salesforce_id(text)
    except ValueError:
        organization_id = ""
    if not organization_id.startswith("00D"):
        raise ConfigurationError(
            f"{text[:40]!r} is no organization id: 15 or 18 characters that begin with 00D "
            "(Setup, Company Information)"
        )
    return organization_id


def ensure_default(settings: Settings, tx: psycopg.Connection[Any], keyring: KeyRing) -> None:
    """Create the connection `default` where `BRIDGE_ORGANIZATION_ID` is set.

    Raises:
        ConfigurationError: If the id is no organization's, or `default` serves another one.
    """
    if settings.organization_id is not None:
        add_connection(tx, keyring, DEFAULT, settings.organization_id)


def list_connections(tx: psycopg.Connection[Any]) -> list[Connection]:
    """Return all connections by name."""
    with tx.cursor(row_factory=class_row(Connection)) as cursor:
        return cursor.execute(_SQL["list_connections"]).fetchall()


def load_connection(tx: psycopg.Connection[Any], which: str | int) -> Connection:
    """Return the connection of this name or id.

    Raises:
        ConfigurationError: If there is none.
    """
    query = _SQL["connection_by_id" if isinstance(which, int) else "connection_by_name"]
    with tx.cursor(row_factory=class_row(Connection)) as cursor:
        row = cursor.execute(query, {"which": which}).fetchone()
    if row is None:
        raise ConfigurationError(f"there is no connection {which!r}: see `bridge connection list`")
    return row


def read_endpoints(tx: psycopg.Connection[Any], keyring: KeyRing) -> list[Endpoint]:
    """Return where outbound messages are accepted: one endpoint a connection.

    Raises:
        ConfigurationError: If the key ring does not open a path secret.
    """
    rows = tx.execute(_SQL["path_secrets"]).fetchall()
    return [
        Endpoint(
            connection_id=connection_id,
            name=name,
            organization_id=organization_id,
            secrets=tuple(keyring.decrypt(Sealed(key_id, text)) for *_, key_id, text in group),
        )
        for (connection_id, name, organization_id), group in groupby(rows, key=lambda row: row[:3])
    ]


def set_profile(tx: psycopg.Connection[Any], connection_id: int, profile: Profile) -> None:
    """Record which object profile an organization has."""
    tx.execute(_SQL["set_profile"], {"id": connection_id, "profile": profile})


def set_people_marks(
    tx: psycopg.Connection[Any], connection_id: int, marks: Iterable[Mark]
) -> None:
    """Record how an organization marks people who take no part; the log says what is another."""
    stored = [mark.as_json() for mark in marks]
    values = {"id": connection_id, "marks": Jsonb(stored)}
    row = tx.execute(_SQL["set_people_marks"], values).fetchone()
    if row is not None and row[0] != stored:
        fields = [mark["path"] for mark in stored]
        log.info("people_marks", extra={"connection": connection_id, "fields": fields})


def set_identity(
    tx: psycopg.Connection[Any],
    connection_id: int,
    *,
    organization_name: str | None = None,
    sf_user_id: str | None = None,
    cc_account_id: str | None = None,
    cc_account_name: str | None = None,
) -> None:
    """Record who the two sides say that they are; what is None stays as it was."""
    tx.execute(
        _SQL["set_identity"],
        {
            "id": connection_id,
            "organization_name": organization_name,
            "sf_user_id": sf_user_id,
            "cc_account_id": cc_account_id,
            "cc_account_name": cc_account_name,
        },
    )


def note_authorised(
    tx: psycopg.Connection[Any], connection_id: int, *, by: str, scopes: Sequence[str] | None = None
) -> None:
    """Record by whose word an account is connected, and what its token may do, if told."""
    values = {"id": connection_id, "by": by, "scopes": None if scopes is None else list(scopes)}
    tx.execute(_SQL["note_authorised"], values)


def note_scopes(tx: psycopg.Connection[Any], connection_id: int, scopes: Sequence[str]) -> None:
    """Record what a renewed token may do."""
    tx.execute(_SQL["note_scopes"], {"id": connection_id, "scopes": list(scopes)})


def pause(tx: psycopg.Connection[Any], connection_id: int, reason: str, *, system: str) -> None:
    """Stop sending for a connection until new credentials are stored.

    It is told once: further refusals of a connection that is paused change and log nothing.

    Args:
        tx: A transaction.
        connection_id: The connection.
        reason: Says to an administrator what happened and what to do.
        system: Who refuses it. Opt-outs go on where that is Salesforce.
    """
    values = {"id": connection_id, "reason": reason, "system": system}
    row = tx.execute(_SQL["pause"], values).fetchone()
    if row is not None:
        log.error("connection_paused", extra={"connection": row[0], "system": system})


def resume(tx: psycopg.Connection[Any], connection_id: int) -> None:
    """Let a connection send (again) where both sides can be logged in to."""
    tx.execute(_SQL["activate_when_complete"], {"id": connection_id})
