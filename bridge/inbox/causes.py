"""Why notifications were given up: dead letters grouped by what one act of a person can mend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from bridge.errors import BridgeError
from bridge.inbox.listing import SQL

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg


class NoSuchCause(BridgeError):
    """No dead letter has this cause."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """Dead letters of one connection and cause.

    Attributes:
        cause: Its identifier, see `bridge.delivery.cause`; `unknown` for those of before there was.
        notifications: How many.
        people: How many e-mail addresses they concern.
        since: When the first of them was given up (UTC).
        latest: When the last was.
        reason: What is said of the last.
    """

    connection: str
    cause: str
    notifications: int
    people: int
    since: datetime
    latest: datetime
    reason: str


def list_causes(tx: psycopg.Connection, *, connection: str | None = None) -> list[Cause]:
    """Return the causes of dead letters, that of most of them first.

    Args:
        tx: A connection to the database.
        connection: Only those of the connection of this name, or None.
    """
    with tx.cursor(row_factory=class_row(Cause)) as cursor:
        return cursor.execute(SQL["causes"], {"connection": connection}).fetchall()


def causes_named(tx: psycopg.Connection, text: str, *, connection: str | None = None) -> list[str]:
    """Return the identifiers of the causes that a text names: one, or a part of it or its reason.

    Raises:
        NoSuchCause: If it names none.
    """
    causes = list_causes(tx, connection=connection)
    wanted = text.strip().lower()
    found = {one.cause for one in causes if one.cause.lower() == wanted} or {
        one.cause
        for one in causes
        if wanted and (wanted in one.cause.lower() or wanted in one.reason.lower())
    }
    if not found:
        raise NoSuchCause(f"no dead letter has the cause {text!r}: see `bridge inbox causes`")
    return sorted(found)
