"""A list that is deleted on one side: kept, deleted there after a word, or made again."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from bridge.plans.choose import Choice
from bridge.plans.store import approve_plan
from reconciler.runs.execute import run_now
from tests.journey.dying import MortalDatabase, run_mortally
from tests.journey.firm import LIST
from tests.journey.planning import a_plan, approve, figures, plan_of, steps_of, words_of
from tests.journey.reconciling import decide_on, kinds, planned, reconcile, run

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA, BEN = "ada@example.org", "ben@example.org"


@pytest.fixture
def deaf(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    return firm


def lists_there(firm: Firm) -> dict[str, str]:
    """Return id -> name of the lists that are there."""
    found = firm.sandbox.constant_contact("GET", "/contact_lists", limit=500).json()["lists"]
    return {each["list_id"]: each["name"] for each in found}


def a_letter(firm: Firm) -> tuple[str, str]:
    """Return a list with two people on it: its record, and its id there."""
    record = firm.new_list("Letter")
    for email in (ADA, BEN):
        firm.member(email, record)
    reconcile(firm)
    return record, firm.cc_list_id(record)


def test_a_deleted_list_stays_unless_the_firm_has_decided_otherwise(deaf: Firm) -> None:
    record, there = a_letter(deaf)
    deaf.delete(LIST, record)
    found = run(deaf, "lists").counters
    assert found["skipped"]["deleted in Practifi, kept in Constant Contact"] == 1
    assert there in lists_there(deaf)


def test_a_deletion_waits_and_says_how_many_members_lose_the_list(deaf: Firm) -> None:
    record, there = a_letter(deaf)
    decide_on(deaf, "list_deleted=delete")
    deaf.delete(LIST, record)
    found = run_now(deaf.bridge.installation, deaf.bridge.connection_id, "lists")
    plan = plan_of(deaf, found)
    assert (found.state, plan.totals["held"]) == ("waiting", ["list_deletions"])
    assert plan.wait_reason == "1 list would be deleted, and 2 memberships with them"
    assert [(step.kind, step.sign) for step in steps_of(deaf, plan)] == [("delete_list", "remove")]
    assert figures(plan)["Letter"] == (2, 0)
    assert there in lists_there(deaf)


def test_an_approved_deletion_takes_the_list_away_and_leaves_its_members(deaf: Firm) -> None:
    record, there = a_letter(deaf)
    decide_on(deaf, "list_deleted=delete")
    deaf.delete(LIST, record)
    plan = a_plan(deaf, "lists")
    approve(deaf, plan)
    assert [(step.state, step.outcome) for step in steps_of(deaf, plan)] == [("confirmed", None)]
    assert there not in lists_there(deaf)
    assert deaf.lists_of(ADA) == deaf.lists_of(BEN) == set()
    assert planned(deaf, "lists") == planned(deaf, "contacts") == []


@pytest.mark.parametrize("seed", range(2))
def test_a_deletion_whose_process_dies_again_and_again_is_asked_for_once(
    deaf: Firm, seed: int
) -> None:
    record, there = a_letter(deaf)
    decide_on(deaf, "list_deleted=delete")
    deaf.delete(LIST, record)
    plan = a_plan(deaf, "lists")
    with deaf.bridge.database.transaction() as tx:
        run_id, _ = approve_plan(tx, plan, Choice(), by="ann")
    chance = Random(f"deletion {seed}")  # noqa: S311 -- a failing seed is played again

    def process() -> tuple[MortalDatabase, MortalDatabase]:
        mortal = MortalDatabase(deaf.bridge.database, chance, 24)
        return mortal, mortal

    assert run_mortally(deaf, "lists", process, run_id=run_id) > 0
    assert there not in lists_there(deaf)
    assert planned(deaf, "lists") == []
    asked = [path for method, path in deaf.writes() if method == "DELETE"]
    assert 1 <= len(asked) <= 2  # once more only where the answer was lost before it was kept


def test_a_deletion_whose_answer_was_lost_is_carried_to_its_end(deaf: Firm) -> None:
    record, there = a_letter(deaf)
    decide_on(deaf, "list_deleted=delete")
    deaf.delete(LIST, record)
    plan = a_plan(deaf, "lists")
    deaf.sandbox.faults(
        {"side": "constant_contact", "method": "DELETE", "kind": "drop_after", "times": 1}
    )
    approve(deaf, plan)
    assert [step.state for step in steps_of(deaf, plan)] == ["confirmed"]
    assert there not in lists_there(deaf)


def test_a_list_that_is_back_in_practifi_is_not_deleted_by_an_old_plan(deaf: Firm) -> None:
    record, there = a_letter(deaf)
    decide_on(deaf, "list_deleted=delete")
    deaf.delete(LIST, record)
    plan = a_plan(deaf, "lists")
    deaf.sandbox.control("POST", "/salesforce/undelete", {"ids": [record]})
    approve(deaf, plan)
    assert words_of(deaf, plan) == [
        "  refused  Letter: changed since it was planned: the list is in Practifi again"
    ]
    assert there in lists_there(deaf)


def test_a_record_that_takes_the_place_of_a_deleted_one_has_its_list(deaf: Firm) -> None:
    record, there = a_letter(deaf)
    decide_on(deaf, "list_deleted=delete")
    deaf.delete(LIST, record)
    (ada,) = [
        row["sf_id"]
        for row in deaf.bridge.rows(
            "SELECT sf_id FROM practifi_record WHERE kind = 'contact' AND email_key = %(key)s",
            key=ADA,
        )
    ]
    heir = deaf.new_list("Letter")
    deaf.join(ada, heir)
    assert kinds(planned(deaf, "lists")) == [("link_list", heir)]
    reconcile(deaf)
    assert deaf.cc_list_id(heir) == there
    assert (deaf.lists_of(ADA), deaf.lists_of(BEN)) == ({there}, set())
    assert planned(deaf, "lists") == planned(deaf, "contacts") == []


def test_a_list_that_was_deleted_there_is_made_again_where_the_firm_wants_that(deaf: Firm) -> None:
    record, there = a_letter(deaf)
    deaf.sandbox.advance(5)
    deaf.leaves(BEN, there)
    reconcile(deaf)
    deaf.remove(f"/contact_lists/{there}")
    deaf.sandbox.advance(5)
    assert planned(deaf, "lists") == []
    decide_on(deaf, "list_gone_there=make_again")
    (step,) = planned(deaf, "lists")
    assert (step.kind, step.reason) == ("create_list", "it was deleted in Constant Contact")
    reconcile(deaf)
    assert deaf.cc_list_id(record) != there
    assert (deaf.lists_of(ADA), deaf.lists_of(BEN)) == ({deaf.cc_list_id(record)}, set())
    assert planned(deaf, "lists") == planned(deaf, "contacts") == []


def test_nobody_has_left_a_list_that_the_firm_deleted_there(deaf: Firm) -> None:
    _, there = a_letter(deaf)
    decide_on(deaf, "list_gone_there=make_again")
    deaf.sandbox.advance(5)
    deaf.put(deaf.there(ADA), update_source="Contact", first_name="Ada")
    deaf.remove(f"/contact_lists/{there}")
    deaf.sandbox.advance(5)
    reconcile(deaf)
    assert len(deaf.lists_of(ADA)) == 1
    assert "left_list" not in {row["change"] for row in deaf.ledger()}
