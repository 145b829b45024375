"""Read how things stand, in one transaction that sees one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from psycopg.rows import class_row

from bridge.clock import now
from bridge.db.queries import load_queries
from bridge.pauses.store import read_pauses
from bridge.status.model import (
    Budget,
    ConnectionState,
    DeadLetters,
    LaneState,
    LastRun,
    NotificationCount,
    Screen,
)

if TYPE_CHECKING:
    from typing import LiteralString

    import psycopg

    T = TypeVar("T")

_SQL = load_queries("bridge.status")


def read_screen(tx: psycopg.Connection[Any], *, has_postgres_broker: bool) -> Screen:
    """Return how everything stands.

    Args:
        tx: A transaction that sees one moment.
        has_postgres_broker: Whether workers leave their heartbeat in the database.
    """
    silence = tx.execute(_SQL["worker_silence"]).fetchone()
    wakeup = tx.execute(_SQL["oldest_wakeup"]).fetchone()
    return Screen(
        at=now(tx),
        connections=_rows(tx, ConnectionState, _SQL["connections"]),
        lanes=_rows(tx, LaneState, _SQL["lanes"]),
        pauses=tuple(read_pauses(tx)),
        notifications=_rows(tx, NotificationCount, _SQL["notification_counts"]),
        dead_letters=_rows(tx, DeadLetters, _SQL["dead_letters"]),
        budgets=read_budgets(tx),
        runs=_rows(tx, LastRun, _SQL["last_runs"]),
        has_postgres_broker=has_postgres_broker,
        worker_silence_s=silence[0] if silence else None,
        oldest_wakeup_at=wakeup[0] if wakeup else None,
    )


def read_budgets(tx: psycopg.Connection[Any]) -> tuple[Budget, ...]:
    """Return the day of each API application that a connection uses."""
    return _rows(tx, Budget, _SQL["budgets"])


def _rows(tx: psycopg.Connection[Any], kind: type[T], query: LiteralString) -> tuple[T, ...]:
    with tx.cursor(row_factory=class_row(kind)) as cursor:
        return tuple(cursor.execute(query).fetchall())
