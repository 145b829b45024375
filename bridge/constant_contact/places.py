"""Calls that are on their way: never more than the vendor lets arrive within one second.

A grant of the budget says when a call may start; the vendor counts when it arrives. A machine that
is busy, or a connection that is opened anew, holds a call up in between, and then it arrives beside
later ones. So each call takes one of as many places as a second has calls, and its place is free
again a second after its arrival, which is known for certain once it is answered.

An answer takes at least a round trip. So a call has arrived, as seen from where calls start, no
later than the least round trip before its answer; by that much its place is free sooner, and
distance costs no calls.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.db.database import Database

SQL = load_queries("bridge.constant_contact")


@contextmanager
def on_its_way(
    database: Database, application_id: int, *, is_consent: bool = False
) -> Iterator[None]:
    """Enter when a call may leave, and leave when it was answered or failed.

    Args:
        database: Where places are kept.
        application_id: The API application whose calls are counted.
        is_consent: Whether it goes before all others that wait.

    Raises:
        ConfigurationError: If there is no such application.
    """
    place = _take(database, application_id, is_consent=is_consent)
    if place is None:
        yield
        return
    is_answered = False
    try:
        yield
        is_answered = True
    finally:
        with database.transaction() as tx:
            tx.execute(SQL["leave_place"], {**place, "is_answered": is_answered})


def _take(database: Database, application_id: int, *, is_consent: bool) -> dict[str, Any] | None:
    """Return a place, as the statements name it, once there is one; None: none is needed."""
    asked = {"application_id": application_id, "is_consent": is_consent}
    while True:
        with database.transaction() as tx:
            row = tx.execute(SQL["take_place"], asked).fetchone()
        if row is None:
            raise ConfigurationError(f"there is no API application {application_id}")
        number, taken_at, wait_s = row
        if wait_s is None and number is None:
            return None
        if wait_s is None:
            return {"application_id": application_id, "number": number, "taken_at": taken_at}
        time.sleep(wait_s)
