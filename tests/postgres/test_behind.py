"""Who waits behind another subject is due when that is done, whichever of both ends first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.delivery.behind import stop_waiting
from bridge.delivery.leases import finish, release
from tests.postgres.test_work import ADA, BERT, dirty, due, firm, take

if TYPE_CHECKING:
    from bridge.db.database import Database
    from bridge.delivery.leases import Lease

__all__ = ["firm"]


def both(database: Database, firm: int) -> tuple[Lease, Lease]:
    dirty(database, firm, ADA, BERT)
    ada, bert = (take(database, item) for item in due(database))
    return ada, bert


def give_back(database: Database, lease: Lease, behind: str) -> None:
    with database.transaction() as tx:
        release(tx, lease, after_s=3600.0, behind=[behind])


def end(database: Database, lease: Lease) -> None:
    with database.transaction() as tx:
        finish(tx, lease)


def test_whoever_ends_a_subject_wakes_those_behind_it(database: Database, firm: int) -> None:
    ada, bert = both(database, firm)
    give_back(database, bert, ada.key)
    assert due(database) == []
    end(database, ada)
    assert [item.key for item in due(database)] == [bert.key]


def test_who_gives_back_behind_one_that_has_ended_meanwhile_is_due(
    database: Database, firm: int
) -> None:
    ada, bert = both(database, firm)
    end(database, ada)
    give_back(database, bert, ada.key)
    assert due(database) == []
    stop_waiting(database, bert, [ada.key])
    assert [item.key for item in due(database)] == [bert.key]


def test_who_waits_behind_one_that_still_waits_is_not_due(database: Database, firm: int) -> None:
    ada, bert = both(database, firm)
    give_back(database, bert, ada.key)
    stop_waiting(database, bert, [ada.key])
    assert due(database) == []
