"""What an outage that is over leaves of the failures in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from bridge.connections.store import load_connection
from bridge.delivery.outages import Outages
from bridge.delivery.work import mark
from bridge.errors import Unavailable

if TYPE_CHECKING:
    from bridge.db.database import Database

SYSTEM: Literal["constant_contact"] = "constant_contact"
BEFORE = "now() - interval '8 days'"
LATER = "now() + interval '1 hour'"


@pytest.fixture
def outages(database: Database) -> Outages:
    """A service that is down just now; `early` failed before it was, `late` since."""
    with database.transaction() as tx:
        tx.execute("INSERT INTO connection (name, state) VALUES ('firm', 'active')")
        connection = load_connection(tx, "firm")
        mark(tx, connection.id, {("address", key): False for key in ("early", "late")})
    outages = Outages(database, connection)
    for _ in range(3):
        outages.judge(Unavailable("no answer", system=SYSTEM))
    with database.transaction() as tx:
        tx.execute(
            f"UPDATE work SET attempts = 40, waits_for = %s, due_at = {LATER}, "  # noqa: S608
            f"failing_since = CASE key WHEN 'early' THEN {BEFORE} ELSE now() END",
            [SYSTEM],
        )
    return outages


def test_who_failed_in_the_outage_alone_begins_anew_and_all_are_due(
    database: Database, outages: Outages
) -> None:
    outages.note_call(SYSTEM)
    outages.judge(None)
    with database.transaction() as tx:
        rows = tx.execute(
            "SELECT key, attempts, failing_since < now() - interval '1 day', due_at <= now() "
            "FROM work ORDER BY key"
        ).fetchall()
    assert rows == [("early", 40, True, True), ("late", 0, False, True)]
