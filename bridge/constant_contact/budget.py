"""The API budget: who may call Constant Contact now, and how many calls are left of the day.

The vendor counts by API application, so one row in PostgreSQL grants the calls of all workers and
of all connections that use one application: 4 a second with room for jitter, 10,000 a day. Who may
spend how much of a day is told in `allowance`; of those who want a call at the same time, the lane
that was served longest ago goes first. A grant is committed before its call starts; that calls
which are late on their way do not arrive beside later ones is the matter of `places`.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.clock import now
from bridge.constant_contact.answers import SYSTEM
from bridge.constant_contact.places import on_its_way
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError, NoSlotNow, QuotaSpent, Throttled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

    import psycopg

    from bridge.connections.model import Connection
    from bridge.db.database import Database

_SQL = load_queries("bridge.constant_contact")


class Grant(NamedTuple):
    """What the budget answered.

    Attributes:
        granted: The call may start after `wait_s`; otherwise ask again after `wait_s`.
        wait_s: Seconds to wait, 0 for now.
        starts_at: When the granted call may start, by the database's clock (UTC); else None.
        calls: How many calls were granted.
        is_paced: Whether the call needs a place as well, see `places`.
        day: The day (UTC) on which they count.
    """

    granted: bool
    wait_s: float
    starts_at: datetime | None = None
    calls: int = 0
    is_paced: bool = True
    day: date | None = None


def ask(
    tx: psycopg.Connection[Any],
    application_id: int,
    connection_id: int,
    lane: int,
    *,
    ahead_ms: int = 0,
    count: int = 1,
) -> Grant:
    """Ask for one API call that starts within `ahead_ms` milliseconds.

    The row stays locked until the transaction ends, so end it at once. Lane 0 may spend the calls
    that are kept for opt-outs. An unused grant is lost: its second is not given to another.

    An application without a pace is granted `count` calls at once, as long as its day has plenty;
    those that are not made are given back.

    Raises:
        QuotaSpent: If the day's calls for this lane or connection are gone; `until` says when to
            ask again: at the vendor's midnight, or when more of the others' share is released.
        ConfigurationError: If there is no such application.
    """
    parameters = {
        "application_id": application_id,
        "connection_id": connection_id,
        "lane": lane,
        "ahead_ms": ahead_ms,
        "count": count,
    }
    row = tx.execute(_SQL["take_slot"], parameters).fetchone()
    if row is None:
        raise ConfigurationError(f"there is no API application {application_id}")
    outcome, starts_at, wait_s, until, *counted = row
    if outcome == "granted":
        return Grant(True, wait_s, starts_at, *counted)  # noqa: FBT003 -- it is granted
    if outcome == "pace":
        return Grant(granted=False, wait_s=wait_s)
    raise _spent(outcome, until)


def give_back(
    tx: psycopg.Connection[Any], application_id: int, connection_id: int, lane: int, unused: Grant
) -> None:
    """Give calls back that were granted to an application without a pace and are not made."""
    parameters = {
        "application_id": application_id,
        "connection_id": connection_id,
        "lane": lane,
        "calls": unused.calls,
        "day": unused.day,
    }
    tx.execute(_SQL["give_calls_back"], parameters)


class Pace(NamedTuple):
    """How fast an application may call, and for how long.

    Attributes:
        gap_s: Seconds between two calls, 0 without a pace.
        left: Calls that are left of the day for each of its connections, about.
    """

    gap_s: float
    left: int


def pace(tx: psycopg.Connection[Any], application_id: int | None, lane: int) -> Pace | None:
    """Return the pace of an application for a lane; None where there is no such application."""
    asked = {"application_id": application_id, "lane": lane}
    row = tx.execute(_SQL["pace"], asked).fetchone()
    return None if row is None else Pace(row[0] / 1000.0, row[1])


@contextmanager
def wait_for_slot(
    database: Database, connection: Connection, lane: int, *, patience_s: float = 10
) -> Iterator[None]:
    """Take one API call, for a command that a person waits for; enter when it may start.

    Raises:
        NoSlotNow: If none is due within `patience_s` seconds.
        QuotaSpent: If the day's calls for this lane are gone.
        ConfigurationError: If the connection has no API application.
    """
    application_id = connection.api_application_id
    if application_id is None:
        raise ConfigurationError(f"the connection {connection.name!r} has no API application")
    deadline = time.monotonic() + patience_s
    while True:
        with database.transaction() as tx:
            grant = ask(tx, application_id, connection.id, lane)
            moment = now(tx)
        if grant.granted:
            time.sleep(grant.wait_s)
            break
        if time.monotonic() + grant.wait_s > deadline:
            raise NoSlotNow(moment + timedelta(seconds=grant.wait_s))
        time.sleep(grant.wait_s)
    with on_its_way(database, application_id):
        yield


def note_limit(database: Database, connection: Connection, error: Exception) -> None:
    """Let every worker of the API application know what the vendor answered, if it is a limit.

    What Salesforce limits, and what the budget itself refused, changes nothing here.
    """
    application_id = connection.api_application_id
    if application_id is None or getattr(error, "system", None) != SYSTEM:
        return
    if isinstance(error, Throttled):
        with database.transaction() as tx:
            throttled(tx, application_id, error.after_s or 1.0)
    elif isinstance(error, QuotaSpent) and error.until is None:
        with database.transaction() as tx:
            exhausted(tx, application_id)


def throttled(tx: psycopg.Connection[Any], application_id: int, seconds: float) -> None:
    """Record that the vendor saw too many calls: the next one starts in `seconds` at the earliest.

    Calls whose slots were granted ahead of this are not called back.
    """
    tx.execute(_SQL["push_back"], {"application_id": application_id, "seconds": seconds})


def exhausted(tx: psycopg.Connection[Any], application_id: int) -> None:
    """Record that the vendor counts the day as spent: nobody calls before its midnight (UTC)."""
    tx.execute(_SQL["spend_day"], {"application_id": application_id})


def _spent(outcome: str, until: datetime) -> QuotaSpent:
    what = {
        "refused": "Constant Contact counts the day's API calls as spent; they begin anew",
        "day": "the day's API calls for Constant Contact are spent; they begin anew",
        "share": "this connection has used its share of the day's API calls; more are released",
    }[outcome]
    error = QuotaSpent(
        f"{what} at {until:%Y-%m-%d %H:%M} UTC", system=SYSTEM, status=429, key="quota_exceeded"
    )
    error.until = until
    return error
