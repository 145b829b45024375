"""The API budget: who may call Constant Contact now, and how many calls are left of the day.

The vendor counts by API application, so one row in PostgreSQL grants the calls of all workers and
of all connections that use one application: 4 a second with room for jitter, 10,000 a day of which
some are kept for opt-outs. A grant is committed before its call starts.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.clock import now
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError, NoSlotNow, QuotaSpent

if TYPE_CHECKING:
    from datetime import datetime

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
    """

    granted: bool
    wait_s: float
    starts_at: datetime | None = None


def ask(
    tx: psycopg.Connection[Any],
    application_id: int,
    connection_id: int,
    lane: int,
    *,
    ahead_ms: int = 0,
) -> Grant:
    """Ask for one API call that starts within `ahead_ms` milliseconds.

    The row stays locked until the transaction ends, so end it at once. Lane 0 may spend the calls
    that are kept for opt-outs. An unused grant is lost: its second is not given to another.

    Raises:
        QuotaSpent: If the day's calls for this lane are gone; `until` is the vendor's midnight.
        ConfigurationError: If there is no such application.
    """
    parameters = {
        "application_id": application_id,
        "connection_id": connection_id,
        "lane": lane,
        "ahead_ms": ahead_ms,
    }
    row = tx.execute(_SQL["take_slot"], parameters).fetchone()
    if row is not None:
        starts_at, wait_s = row
        return Grant(granted=True, wait_s=wait_s, starts_at=starts_at)
    parameters = {"application_id": application_id, "lane": lane}
    row = tx.execute(_SQL["next_slot"], parameters).fetchone()
    if row is None:
        raise ConfigurationError(f"there is no API application {application_id}")
    is_spent, wait_s, until = row
    if is_spent:
        raise _spent(until)
    return Grant(granted=False, wait_s=wait_s)


def wait_for_slot(
    database: Database, connection: Connection, lane: int, *, patience_s: float = 10
) -> None:
    """Take one API call and return when it may start: for commands that a person waits for.

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
            return
        if time.monotonic() + grant.wait_s > deadline:
            raise NoSlotNow(moment + timedelta(seconds=grant.wait_s))
        time.sleep(grant.wait_s)


def throttled(tx: psycopg.Connection[Any], application_id: int, seconds: float) -> None:
    """Record that the vendor saw too many calls: the next one starts in `seconds` at the earliest.

    Calls whose slots were granted ahead of this are not called back.
    """
    tx.execute(_SQL["push_back"], {"application_id": application_id, "seconds": seconds})


def exhausted(tx: psycopg.Connection[Any], application_id: int) -> None:
    """Record that the vendor counts the day as spent: nobody calls before its midnight (UTC)."""
    tx.execute(_SQL["spend_day"], {"application_id": application_id})


def _spent(until: datetime) -> QuotaSpent:
    error = QuotaSpent(
        f"the day's API calls for Constant Contact are spent; they begin anew at "
        f"{until:%Y-%m-%d %H:%M} UTC",
        system="constant_contact",
        status=429,
        key="quota_exceeded",
    )
    error.until = until
    return error
