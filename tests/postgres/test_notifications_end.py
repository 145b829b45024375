"""A notification that made two addresses dirty ends with the second of them, whoever that is."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from bridge.delivery.leases import Lease, finish
from bridge.delivery.work import Due, add_subjects, mark
from tests.leasing import claim

if TYPE_CHECKING:
    from bridge.db.database import Database
    from bridge.mirror.advance import Subject

FORMER: Subject = ("address", "former@example.org")
NEW: Subject = ("address", "new@example.org")


@pytest.fixture
def leases(database: Database) -> tuple[Lease, Lease]:
    """Two workers hold the two addresses of one notification."""
    with database.transaction() as tx:
        row = tx.execute(
            "INSERT INTO connection (name, organization_id, state, profile) "
            "VALUES ('firm', '00D000000000001EAA', 'active', 'practifi') RETURNING id"
        ).fetchone()
        assert row is not None
        connection_id: int = row[0]
        tx.execute(
            "INSERT INTO notification (connection_id, notification_id, origin, received_at, "
            "first_received_at, state) VALUES (%s, 'moved', 'poll', now(), now(), 'waiting')",
            [connection_id],
        )
        generations = mark(tx, connection_id, {FORMER: False, NEW: False})
        add_subjects(tx, connection_id, (("moved", one, generations[one]) for one in (FORMER, NEW)))
    held = []
    with database.transaction() as tx:
        for kind, key in (FORMER, NEW):
            due = Due(connection_id=connection_id, kind=kind, key=key, lane=2)
            lease = claim(tx, due, 60)
            assert lease is not None
            held.append(lease)
    return held[0], held[1]


def state(database: Database) -> str:
    with database.transaction() as tx:
        row = tx.execute("SELECT state FROM notification").fetchone()
    assert row is not None
    return str(row[0])


def test_a_notification_of_two_addresses_waits_for_the_second(
    database: Database, leases: tuple[Lease, Lease]
) -> None:
    states = []
    for lease in leases:
        with database.transaction() as tx:
            finish(tx, lease)
        states.append(state(database))
    assert states == ["waiting", "done"]


def test_two_workers_that_end_their_addresses_at_once_end_the_notification(
    database: Database, leases: tuple[Lease, Lease]
) -> None:
    first, second = leases

    def end_the_second() -> None:
        with database.transaction() as tx:
            finish(tx, second)

    other = threading.Thread(target=end_the_second)
    with database.transaction() as tx:
        finish(tx, first)
        other.start()
        other.join(0.3)  # it either waits for this transaction or has ended without seeing it
    other.join(10)
    assert state(database) == "done"
