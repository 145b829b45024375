"""A field that somebody there keeps setting back is left alone, until people agree on a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.delivery.set_backs import let_go_of_field
from tests.journey.reconciling import reconcile, run

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA = "ada@example.org"


@pytest.fixture
def ada(firm: Firm) -> str:
    """Ada, on a list on both sides."""
    ada = firm.member(ADA, firm.new_list("Letter"), LastName="Lovelace", Title="Countess")
    firm.settle()
    reconcile(firm)
    firm.sandbox.advance(600)
    return ada


def set_back(firm: Firm, *, days: float = 1.0, **fields: str) -> None:
    """Let somebody there set fields back, and a night go by."""
    firm.put(firm.there(ADA), **(fields or {"last_name": "Typo"}))
    run(firm, "contacts")
    firm.sandbox.advance(int(days * 86_400))


def paused(firm: Firm) -> list[tuple[str, object, object]]:
    rows = firm.bridge.rows("SELECT * FROM flapping_field WHERE paused_at IS NOT NULL")
    return [(row["field"], row["ours"], row["theirs"]) for row in rows]


def test_the_third_time_in_seven_days_it_is_left_as_it_is_there(firm: Firm, ada: str) -> None:
    assert ada
    for _ in range(2):
        set_back(firm)
        assert firm.there(ADA)["last_name"] == "Lovelace"
    assert paused(firm) == []
    set_back(firm)
    assert firm.there(ADA)["last_name"] == "Typo"
    assert paused(firm) == [("last_name", "Lovelace", "Typo")]
    set_back(firm, days=30, last_name="Another")
    assert firm.there(ADA)["last_name"] == "Another"
    assert paused(firm) == [("last_name", "Lovelace", "Another")]


def test_times_that_are_further_apart_do_not_count(firm: Firm, ada: str) -> None:
    assert ada
    for _ in range(4):
        set_back(firm, days=4)
    assert firm.there(ADA)["last_name"] == "Lovelace"


def test_another_field_is_written_on_and_keeps_what_is_there(firm: Firm, ada: str) -> None:
    for _ in range(3):
        set_back(firm)
    firm.change(ada, Title="Judge")
    firm.settle()
    there = firm.there(ADA)
    assert (there["job_title"], there["last_name"]) == ("Judge", "Typo")
    firm.change(ada, Title="Surgeon")
    firm.settle()
    assert firm.there(ADA)["last_name"] == "Typo"


def test_another_value_in_practifi_is_written_and_ends_it(firm: Firm, ada: str) -> None:
    for _ in range(3):
        set_back(firm)
    firm.change(ada, LastName="Byron")
    firm.settle()
    assert firm.there(ADA)["last_name"] == "Byron"
    assert paused(firm) == []
    set_back(firm)
    assert firm.there(ADA)["last_name"] == "Byron"


def test_a_value_that_both_sides_have_ends_it(firm: Firm, ada: str) -> None:
    assert ada
    for _ in range(3):
        set_back(firm)
    set_back(firm, last_name="Lovelace")
    assert paused(firm) == []


def test_what_a_person_lets_go_is_written_again(firm: Firm, ada: str) -> None:
    assert ada
    for _ in range(3):
        set_back(firm)
    with firm.bridge.database.transaction() as tx:
        assert let_go_of_field(tx, firm.bridge.connection_id, ADA, "last_name")
        assert not let_go_of_field(tx, firm.bridge.connection_id, ADA, "last_name")
    firm.settle()
    assert firm.there(ADA)["last_name"] == "Lovelace"
    for _ in range(3):
        set_back(firm)
    assert paused(firm) == [("last_name", "Lovelace", "Typo")]


def test_an_opt_out_goes_on_though_a_field_is_paused(firm: Firm, ada: str) -> None:
    for _ in range(3):
        set_back(firm)
    firm.tick(ada)
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.there(ADA)["last_name"] == "Typo"


def test_a_night_says_that_a_field_is_paused_and_counts_no_agreement(firm: Firm, ada: str) -> None:
    assert ada
    for _ in range(3):
        set_back(firm)
    record = run(firm, "contacts", "plan")
    (score,) = firm.bridge.rows(
        "SELECT linked - agreeing AS differing, causes FROM integrity_score WHERE run_id = %(run)s",
        run=record.id,
    )
    assert score == {"differing": 1, "causes": {"paused": 1}}
    assert "paused: see Problems" in str(record.counters["skipped"])
