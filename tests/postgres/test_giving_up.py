"""A subject that failed for seven days gives up what waited all the time, and nothing younger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.delivery.bury import bury_spent
from bridge.delivery.work import Due, add_subjects, mark
from tests.leasing import claim

if TYPE_CHECKING:
    from bridge.db.database import Database
    from bridge.delivery.leases import Lease
    from bridge.mirror.advance import Subject

ADA: Subject = ("address", "ada@example.org")


@pytest.fixture
def failing(database: Database) -> Lease:
    """An address that has failed for eight days; one notification is as old, one of yesterday."""
    with database.transaction() as tx:
        row = tx.execute(
            "INSERT INTO connection (name, state) VALUES ('firm', 'active') RETURNING id"
        ).fetchone()
        assert row is not None
        firm: int = row[0]
        tx.execute(
            "INSERT INTO notification (connection_id, notification_id, origin, received_at, "
            "first_received_at, state) SELECT %s, id, 'poll', now() - age, now() - age, 'waiting' "
            "FROM (VALUES ('old', interval '8 days'), ('young', '1 day')) AS n (id, age)",
            [firm],
        )
        generation = mark(tx, firm, {ADA: False})[ADA]
        add_subjects(tx, firm, ((each, ADA, generation) for each in ("old", "young")))
        tx.execute("UPDATE work SET attempts = 200, failing_since = now() - interval '8 days'")
        lease = claim(tx, Due(connection_id=firm, kind=ADA[0], key=ADA[1], lane=2), 60)
    assert lease is not None
    return lease


def ends(database: Database) -> dict[str, tuple[str, str | None]]:
    with database.transaction() as tx:
        rows = tx.execute("SELECT notification_id, state, cause FROM notification")
        return {name: (state, cause) for name, state, cause in rows}


def test_a_lease_knows_since_when_its_subject_fails(failing: Lease) -> None:
    assert failing.failing_s == pytest.approx(8 * 86_400, abs=60)


def test_what_came_later_has_seven_days_of_its_own(database: Database, failing: Lease) -> None:
    with database.transaction() as tx:
        assert bury_spent(tx, failing, "no answer", cause="unavailable:constant_contact")
    assert ends(database) == {
        "old": ("dead", "unavailable:constant_contact"),
        "young": ("waiting", None),
    }


def test_a_subject_that_nothing_waits_for_any_more_is_given_up(
    database: Database, failing: Lease
) -> None:
    with database.transaction() as tx:
        tx.execute("DELETE FROM notification WHERE notification_id = 'young'")
        assert not bury_spent(tx, failing, "no answer", cause="unavailable:constant_contact")
        row = tx.execute("SELECT blocked_reason, lease_token FROM work").fetchone()
    assert row == ("no answer", None)
    with database.transaction() as tx:
        mark(tx, failing.connection_id, {ADA: False})
        row = tx.execute("SELECT blocked_reason, attempts, failing_since FROM work").fetchone()
    assert row == (None, 0, None)
