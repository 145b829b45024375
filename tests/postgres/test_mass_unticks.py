"""The hold of mass unticks counts exactly, and no worker slips past it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bridge.consent.box import BoxChange
from bridge.consent.policy import Rules
from bridge.consent.record import record_box_changes, record_seen_there
from bridge.consent.standing import asked_back

if TYPE_CHECKING:
    from bridge.db.database import Database

AT = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)
RULES = Rules(mass_limit=3, mass_minutes=10)


@pytest.fixture
def firm(database: Database) -> int:
    with database.transaction() as tx:
        row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
    assert row is not None
    return int(row[0])


def address(number: int) -> str:
    return f"p{number}@example.org"


def contact(number: int) -> str:
    return f"003{number:012}AAA"


def opts_out(database: Database, firm: int, number: int, *, by_person: bool = True) -> None:
    with database.transaction() as tx:
        record_seen_there(
            tx,
            firm,
            address(number),
            [contact(number)],
            by_person=by_person,
            since=AT - timedelta(days=9),
            cause_id="c",
        )


def unticks(database: Database, firm: int, number: int, at: datetime) -> bool:
    """Tick and untick somebody, and say whether the request would be held if decided now."""
    changes = [
        BoxChange(
            contact_id=contact(number),
            changed_at=at - timedelta(seconds=ticked),
            ticked=bool(ticked),
            user_id="005",
            seen_by="notification",
        )
        for ticked in (1, 0)
    ]
    with database.transaction() as tx:
        told = [(change, address(number), "n") for change in changes]
        record_box_changes(tx, firm, told, own_user_id=None, cause_kind="notification")
    return held(database, firm, number)


def held(database: Database, firm: int, number: int) -> bool:
    with database.transaction() as tx:
        [request] = asked_back(tx, firm, address(number), RULES)
    return request.is_mass


def own_unticks(database: Database, firm: int, *minutes: float) -> list[bool]:
    """Untick people who had opted out themselves, each at its minute; say who was held at once."""
    found = []
    for number, minute in enumerate(minutes):
        opts_out(database, firm, number)
        found.append(unticks(database, firm, number, AT + timedelta(minutes=minute)))
    return found


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        pytest.param((0, 1, 2), [False] * 3, id="as many as the limit"),
        pytest.param((0, 1, 2, 3), [False] * 3 + [True], id="one more"),
        pytest.param((0, 3, 6, 10), [False] * 3 + [True], id="the last minute counts"),
        pytest.param((0, 3, 6, 10.01), [False] * 4, id="beyond the last minute"),
        pytest.param((3, 2, 1, 0), [False] * 3 + [True], id="whatever the order they come in"),
        pytest.param((0, 5, 10, 15, 20), [False] * 5, id="never more than the limit in any window"),
    ],
)
def test_whom_the_limit_holds(
    database: Database, firm: int, minutes: tuple[float, ...], expected: list[bool]
) -> None:
    assert own_unticks(database, firm, *minutes) == expected


def test_once_all_are_recorded_all_are_held_however_late_each_is_decided(
    database: Database, firm: int
) -> None:
    own_unticks(database, firm, 0, 1, 2, 3)
    assert [held(database, firm, number) for number in range(4)] == [True] * 4


def test_the_firm_s_own_opt_outs_do_not_count(database: Database, firm: int) -> None:
    for number in range(5):
        opts_out(database, firm, number, by_person=False)
        assert not unticks(database, firm, number, AT)


def test_an_opt_out_that_is_seen_only_after_the_untick_counts_from_then_on(
    database: Database, firm: int
) -> None:
    own_unticks(database, firm, 0, 1, 2)
    assert not unticks_unknown(database, firm, 3)
    opts_out(database, firm, 3)
    assert held(database, firm, 0)


def unticks_unknown(database: Database, firm: int, number: int) -> bool:
    """Untick somebody whose own opt-out nobody has seen, long after all others."""
    unticks(database, firm, number, AT + timedelta(minutes=3))
    return held(database, firm, 0)


def test_of_workers_that_record_and_decide_at_once_no_more_than_the_limit_slip_through(
    database: Database, firm: int
) -> None:
    for number in range(12):
        opts_out(database, firm, number)
    slipped: list[int] = []

    def work(number: int) -> None:
        if not unticks(database, firm, number, AT + timedelta(seconds=number)):
            slipped.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(slipped) <= RULES.mass_limit
