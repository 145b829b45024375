"""Read how things stand, in one transaction that sees one moment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg.rows import class_row

from bridge.alerts.named import certificate_addresses, outlet_names
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
from bridge.status.watched import (
    Certificate,
    FailedRun,
    HeldPlan,
    Integrity,
    LoginEnd,
    NightChange,
    NightFailure,
    OutletState,
    Rejections,
    ScheduleState,
    Silence,
    TokenEnd,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import LiteralString

    import psycopg

    from bridge.settings import Settings

    T = TypeVar("T")

_SQL = load_queries("bridge.status")


def read_screen(tx: psycopg.Connection[Any], settings: Settings) -> Screen:
    """Return how everything stands, as a transaction sees it that sees one moment."""
    return replace(
        read_watched(tx, settings),
        notifications=_rows(tx, NotificationCount, _SQL["notification_counts"]),
        dead_letters=_rows(tx, DeadLetters, _SQL["dead_letters"]),
        runs=_rows(tx, LastRun, _SQL["last_runs"]),
    )


def read_watched(tx: psycopg.Connection[Any], settings: Settings) -> Screen:
    """Return what alarms are made of; cheap enough to be read three times a minute."""
    silence = tx.execute(_SQL["worker_silence"]).fetchone()
    wakeup = tx.execute(_SQL["oldest_wakeup"]).fetchone()
    outlets = {"outlets": outlet_names(settings)}
    addresses = {"addresses": certificate_addresses(settings)}
    return Screen(
        at=now(tx),
        connections=_rows(tx, ConnectionState, _SQL["connections"]),
        lanes=_rows(tx, LaneState, _SQL["lanes"]),
        pauses=tuple(read_pauses(tx)),
        notifications=_rows(tx, NotificationCount, _SQL["open_notifications"]),
        dead_letters=(),
        budgets=read_budgets(tx),
        runs=(),
        has_postgres_broker=settings.broker_url is None,
        worker_silence_s=silence[0] if silence else None,
        oldest_wakeup_at=wakeup[0] if wakeup else None,
        failed_runs=_rows(tx, FailedRun, _SQL["failed_runs"]),
        schedules=_rows(tx, ScheduleState, _SQL["schedules"]),
        held_plans=_rows(tx, HeldPlan, _SQL["held_plans"]),
        rejections=_rows(tx, Rejections, _SQL["rejections"]),
        integrity=_rows(tx, Integrity, _SQL["integrity"]),
        silences=_rows(tx, Silence, _SQL["silences"]),
        token_ends=_rows(tx, TokenEnd, _SQL["token_ends"]),
        login_ends=_rows(tx, LoginEnd, _SQL["login_ends"]),
        certificates=_rows(tx, Certificate, _SQL["certificates"], addresses),
        outlets=_rows(tx, OutletState, _SQL["outlets"], outlets),
        night_changes=_rows(tx, NightChange, _SQL["night_changes"]),
        night_failures=_rows(tx, NightFailure, _SQL["night_failures"]),
    )


def read_budgets(tx: psycopg.Connection[Any]) -> tuple[Budget, ...]:
    """Return the day of each API application that a connection uses."""
    return _rows(tx, Budget, _SQL["budgets"])


def _rows(
    tx: psycopg.Connection[Any],
    kind: type[T],
    query: LiteralString,
    values: Mapping[str, object] | None = None,
) -> tuple[T, ...]:
    with tx.cursor(row_factory=class_row(kind)) as cursor:
        return tuple(cursor.execute(query, values).fetchall())
