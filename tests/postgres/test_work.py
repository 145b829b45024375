"""Work: what is dirty, who holds it, and when it is done."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from bridge.delivery.leases import (
    Lease,
    claim_beside,
    finish,
    hold,
    let_go,
    release,
    release_beside,
    renew,
)
from bridge.delivery.work import CONSENT, RECONCILE, WEBHOOK, Due, mark, peek
from bridge.errors import LeaseLost
from tests.leasing import claim

if TYPE_CHECKING:
    from bridge.db.database import Database

ADA, BERT = ("address", "ada@example.org"), ("address", "bert@example.org")
LEASE_S = 60.0
ALL = range(5)


@pytest.fixture
def firm(database: Database) -> int:
    """A connection."""
    with database.transaction() as tx:
        row = tx.execute(
            "INSERT INTO connection (name, state) VALUES ('firm', 'active') RETURNING id"
        ).fetchone()
    assert row is not None
    return int(row[0])


def dirty(
    database: Database,
    firm: int,
    *subjects: tuple[str, str],
    consent: bool = False,
    lane: int = WEBHOOK,
) -> int:
    with database.transaction() as tx:
        marked = mark(tx, firm, dict.fromkeys(subjects, consent), lane=lane)  # type: ignore[arg-type]
    return next(iter(marked.values()))


def due(database: Database, lanes: range = ALL) -> list[Due]:
    with database.transaction() as tx:
        return peek(tx, lanes, 10)


def take(database: Database, item: Due, lease_s: float = LEASE_S) -> Lease:
    with database.transaction() as tx:
        lease = claim(tx, item, lease_s)
    assert lease is not None
    return lease


def test_what_is_marked_is_due_until_it_is_finished(database: Database, firm: int) -> None:
    assert dirty(database, firm, ADA) == 1
    [item] = due(database)
    lease = take(database, item)
    assert due(database) == []
    with database.transaction() as tx:
        finish(tx, lease)
    assert due(database) == []


def test_a_mark_during_the_work_makes_it_due_again(database: Database, firm: int) -> None:
    dirty(database, firm, ADA)
    lease = take(database, due(database)[0])
    assert dirty(database, firm, ADA) == 2
    with database.transaction() as tx:
        finish(tx, lease)
    [again] = due(database)
    assert take(database, again).generation == 2


def test_consent_goes_first_and_raises_the_lane(database: Database, firm: int) -> None:
    dirty(database, firm, ADA, BERT, lane=RECONCILE)
    dirty(database, firm, BERT, consent=True)
    assert [(item.key, item.lane) for item in due(database)] == [
        (BERT[1], CONSENT),
        (ADA[1], RECONCILE),
    ]


def test_a_lower_lane_does_not_lower_what_waits(database: Database, firm: int) -> None:
    dirty(database, firm, ADA, consent=True)
    dirty(database, firm, ADA, lane=RECONCILE)
    assert [item.lane for item in due(database)] == [CONSENT]


def test_what_is_done_starts_again_in_the_lane_of_its_new_mark(
    database: Database, firm: int
) -> None:
    dirty(database, firm, ADA, consent=True)
    lease = take(database, due(database)[0])
    with database.transaction() as tx:
        finish(tx, lease)
    dirty(database, firm, ADA, lane=RECONCILE)
    assert [item.lane for item in due(database)] == [RECONCILE]


def test_a_holder_is_told_that_consent_wants_the_subject(database: Database, firm: int) -> None:
    dirty(database, firm, ADA)
    lease = take(database, due(database)[0])
    with database.transaction() as tx:
        assert renew(tx, lease) is False
    dirty(database, firm, ADA, consent=True)
    with database.transaction() as tx:
        assert renew(tx, lease) is True


def test_two_workers_never_hold_one_subject(database: Database, firm: int) -> None:
    dirty(database, firm, ADA)
    [item] = due(database)
    start, leases = threading.Barrier(2), []

    def race() -> None:
        start.wait()
        with database.transaction() as tx:
            leases.append(claim(tx, item, LEASE_S))

    threads = [threading.Thread(target=race) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(lease is not None for lease in leases) == 1


def test_a_lease_that_ran_out_is_taken_over_and_its_holder_writes_nothing(
    database: Database, firm: int
) -> None:
    dirty(database, firm, ADA)
    [item] = due(database)
    first = take(database, item, lease_s=-1.0)
    second = take(database, item)
    with pytest.raises(LeaseLost), database.transaction() as tx:
        finish(tx, first)
    with pytest.raises(LeaseLost), database.transaction() as tx:
        renew(tx, first)
    with database.transaction() as tx:
        finish(tx, second)
    assert due(database) == []


def test_what_is_released_is_due_when_its_time_comes(database: Database, firm: int) -> None:
    dirty(database, firm, ADA)
    with database.transaction() as tx:
        release(tx, take(database, due(database)[0]), after_s=60.0, is_attempt=True)
    assert due(database) == []
    with database.transaction() as tx:
        tx.execute("UPDATE work SET due_at = app_now()")
    assert take(database, due(database)[0]).attempts == 1


def test_when_a_try_failed_is_known_until_the_subject_is_done(
    database: Database, firm: int
) -> None:
    dirty(database, firm, ADA)
    for is_attempt, known in [(False, False), (True, True), (False, True)]:
        with database.transaction() as tx:
            release(tx, take(database, due(database)[0]), is_attempt=is_attempt)
            assert tx.execute("SELECT failed_at IS NOT NULL FROM work").fetchone() == (known,)
    with database.transaction() as tx:
        finish(tx, take(database, due(database)[0]))
        assert tx.execute("SELECT failed_at FROM work").fetchone() == (None,)


def test_what_was_given_up_waits_for_the_next_change_of_it(database: Database, firm: int) -> None:
    dirty(database, firm, ADA)
    with database.transaction() as tx:
        release(tx, take(database, due(database)[0]), is_attempt=True, blocked_reason="no name")
    assert due(database) == []
    dirty(database, firm, ADA)
    assert take(database, due(database)[0]).attempts == 0


def test_a_second_address_is_held_beside_the_first(database: Database, firm: int) -> None:
    dirty(database, firm, ADA, BERT)
    first, other = due(database)
    lease = take(database, first)
    with database.transaction() as tx:
        assert claim_beside(tx, lease, other.key)
    with database.transaction() as tx:
        assert claim(tx, other, LEASE_S) is None
    with database.transaction() as tx:
        release_beside(tx, lease, other.key)
    assert take(database, other).key == other.key


def test_a_second_address_that_somebody_holds_is_not_taken(database: Database, firm: int) -> None:
    dirty(database, firm, ADA, BERT)
    first, other = due(database)
    take(database, other)
    with database.transaction() as tx:
        assert not claim_beside(tx, take(database, first), other.key)


def test_work_of_a_paused_connection_waits(database: Database, firm: int) -> None:
    dirty(database, firm, ADA)
    with database.transaction() as tx:
        tx.execute("UPDATE connection SET state = 'paused'")
    assert due(database) == []


def hold_ada(database: Database, firm: int) -> Lease | None:
    with database.transaction() as tx:
        held = hold(tx, firm, "address", [ADA[1]], lane=3, lease_s=LEASE_S)
    return held[0] if held else None


def test_a_subject_that_is_held_and_let_go_leaves_no_work(database: Database, firm: int) -> None:
    lease = hold_ada(database, firm)
    assert lease is not None
    assert hold_ada(database, firm) is None
    with database.transaction() as tx:
        let_go(tx, [lease])
    assert due(database) == []


def test_a_change_that_comes_while_a_subject_is_held_is_due_after_it(
    database: Database, firm: int
) -> None:
    lease = hold_ada(database, firm)
    assert lease is not None
    dirty(database, firm, ADA)
    with database.transaction() as tx:
        finish(tx, lease)
    assert [item.key for item in due(database)] == [ADA[1]]


def test_what_was_dirty_before_it_was_held_is_dirty_after_it_was_let_go(
    database: Database, firm: int
) -> None:
    dirty(database, firm, ADA)
    lease = hold_ada(database, firm)
    assert lease is not None
    assert due(database) == []
    with database.transaction() as tx:
        let_go(tx, [lease])
    assert [item.key for item in due(database)] == [ADA[1]]


def test_what_a_person_has_to_mend_stays_so_when_a_run_held_it(
    database: Database, firm: int
) -> None:
    dirty(database, firm, ADA)
    with database.transaction() as tx:
        release(tx, take(database, due(database)[0]), blocked_reason="no name")
    lease = hold_ada(database, firm)
    assert lease is not None
    with database.transaction() as tx:
        let_go(tx, [lease])
    assert due(database) == []


def test_a_change_of_consent_does_not_wait_for_what_its_subject_waited_for(
    database: Database, firm: int
) -> None:
    """A tick comes in while a worker holds its address and finds that the day's calls are spent."""
    dirty(database, firm, ADA)
    [item] = due(database)
    lease = take(database, item)
    dirty(database, firm, ADA, consent=True)
    with database.transaction() as tx:
        release(tx, lease, after_s=3600, reason="the day's calls are spent")
    [item] = due(database)
    assert item.lane == CONSENT
    with database.transaction() as tx:
        release(tx, take(database, item), after_s=3600)
    assert due(database) == []


def test_a_backlog_of_one_connection_hides_nothing_of_another(
    database: Database, firm: int
) -> None:
    dirty(database, firm, *(("address", f"person{number}@example.org") for number in range(12)))
    with database.transaction() as tx:
        row = tx.execute(
            "INSERT INTO connection (name, state) VALUES ('other', 'active') RETURNING id"
        ).fetchone()
    assert row is not None
    dirty(database, row[0], ADA)
    assert [item.connection_id for item in due(database)] == [firm] * 10 + [row[0]]
