"""What arrived and what became of it, for people: list and look up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from bridge.db.queries import load_queries
from bridge.errors import BridgeError, ConfigurationError
from bridge.inbox.contents import read_contents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg

    from bridge.salesforce.values import Record

SQL = load_queries("bridge.inbox", "listing.sql")
STATES = ("received", "waiting", "working", "done", "superseded", "ignored", "dead")


class NoSuchNotification(BridgeError):
    """No connection has received a notification of this id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A notification of the inbox.

    Attributes:
        cause: Of a dead letter: what groups it with those that the same act can mend.
        mapping_version_id: The mapping that was in force when it was accepted.
        fields: Local name -> text as sent; None once neither message nor part of it is kept, and
            where it came by no message.
        from_address: Who sent the message, while that is kept.
    """

    connection: str
    connection_id: int
    notification_id: str
    origin: str
    object: str | None
    record_id: str | None
    action_id: str | None
    consent: bool
    state: str
    reason: str | None
    cause: str | None
    attempts: int
    times_received: int
    first_received_at: datetime
    received_at: datetime
    finished_at: datetime | None
    from_address: str | None
    message_id: UUID | None
    ordinal: int
    mapping_version_id: int | None = None
    fields: Record | None = None


def newest(
    tx: psycopg.Connection, *, count: int, state: str | None, connection: str | None
) -> list[Listed]:
    """Return what arrived last, the newest first.

    Args:
        tx: A connection to the database.
        count: How many at most.
        state: Only those in this state, or None.
        connection: Only those of the connection of this name, or None.
    """
    parameters = {"count": count, "state": state, "connection": connection}
    with tx.cursor(row_factory=class_row(Listed)) as cursor:
        rows = cursor.execute(SQL["newest_notifications"], parameters).fetchall()
    return _with_fields(tx, rows)


def find_notification(
    tx: psycopg.Connection, notification_id: str, *, connection: str | None = None
) -> Listed:
    """Return the notification of this id.

    Args:
        tx: A connection to the database.
        notification_id: As Salesforce sent it.
        connection: Name of the connection that received it; None where only one did.

    Raises:
        NoSuchNotification: If there is none.
        ConfigurationError: If several connections have received one of this id.
    """
    parameters = {"notification_id": notification_id.strip(), "connection": connection}
    with tx.cursor(row_factory=class_row(Listed)) as cursor:
        rows = cursor.execute(SQL["one_notification"], parameters).fetchall()
    if not rows:
        where = f" in the connection {connection!r}" if connection else ""
        raise NoSuchNotification(f"there is no notification {notification_id!r}{where}")
    if len(rows) > 1:
        names = ", ".join(row.connection for row in rows)
        raise ConfigurationError(
            f"several connections have a notification {notification_id}: choose one of {names} "
            "with --connection"
        )
    (listed,) = _with_fields(tx, rows)
    return listed


def _with_fields(tx: psycopg.Connection, rows: Sequence[Listed]) -> list[Listed]:
    contents = read_contents(tx, rows)
    return [
        replace(row, fields=contents.get((row.connection_id, row.notification_id))) for row in rows
    ]
