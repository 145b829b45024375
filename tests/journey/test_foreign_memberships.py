"""What only Constant Contact has becomes what the firm has decided, and a second plan is empty."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from reconciler import in_bulk
from reconciler.runs.execute import run_now
from tests.journey.dying import MortalDatabase, run_mortally
from tests.journey.firm import MEMBERSHIP
from tests.journey.loading import FEW, go_in_bulk_early, single_writes
from tests.journey.planning import a_plan, approve, figures, plan_of, steps_of, undo
from tests.journey.reconciling import decide_on, kinds, planned, reconcile, run

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA, BEN = "ada@example.org", "ben@example.org"
MANY = 22


@pytest.fixture
def deaf(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    return firm


def signs_up(firm: Firm, email: str, *lists: str) -> None:
    """Put somebody on lists there, as a web form does."""
    firm.post(
        "/contacts",
        email_address={"address": email, "permission_to_send": "explicit"},
        list_memberships=list(lists),
        create_source="Contact",
    )


def a_stranger(firm: Firm, *emails: str) -> tuple[str, str]:
    """Let people in Practifi have signed up there; return the list's record, and its id there."""
    record = firm.new_list("Letter")
    run(firm, "lists")
    there = firm.cc_list_id(record)
    for email in emails:
        signs_up(firm, email, there)
        firm.person(email)
    run(firm, "contacts")
    return record, there


def memberships(firm: Firm) -> list[tuple[str, str]]:
    """Return (contact, list) of every membership record."""
    soql = f"SELECT practifi__Contact__c, practifi__Constant_Contact_List__c FROM {MEMBERSHIP}"  # noqa: S608
    found = firm.sandbox.salesforce("GET", f"/services/data/v66.0/query?q={soql}").json()
    return [
        (one["practifi__Contact__c"], one["practifi__Constant_Contact_List__c"])
        for one in found["records"]
    ]


def test_unless_the_firm_says_otherwise_they_are_counted_and_left(deaf: Firm) -> None:
    _, there = a_stranger(deaf, ADA)
    record = run(deaf, "contacts")
    assert record.counters["foreign"] == {"Letter": 1}
    assert planned(deaf, "contacts") == []
    assert (deaf.lists_of(ADA), memberships(deaf)) == ({there}, [])


def test_what_is_to_be_kept_is_not_shown_as_open(deaf: Firm) -> None:
    _, there = a_stranger(deaf, ADA)
    decide_on(deaf, "foreign_memberships=keep")
    record = run(deaf, "contacts")
    assert record.counters["foreign"] == {}
    assert planned(deaf, "contacts") == []
    assert deaf.lists_of(ADA) == {there}


def test_what_is_adopted_has_a_record_that_both_sides_agree_on(deaf: Firm) -> None:
    of_list, there = a_stranger(deaf, ADA)
    decide_on(deaf, "foreign_memberships=adopt")
    plan = a_plan(deaf)
    assert kinds(steps_of(deaf, plan)) == [("adopt_membership", ADA)]
    assert figures(plan) == {"memberships": (0, 1)}
    approve(deaf, plan)
    ((person, list_id),) = memberships(deaf)
    assert list_id == of_list
    assert deaf.status(person)[0] == "Subscribed"
    assert planned(deaf, "contacts") == []
    assert run(deaf, "contacts").counters["foreign"] == {}
    deaf.leaves(ADA, there)
    run(deaf, "contacts")
    assert deaf.lists_of(ADA) == set(), "they have left a list that both sides had them on"


def test_an_adopted_membership_that_is_deleted_takes_the_person_off(deaf: Firm) -> None:
    a_stranger(deaf, ADA)
    decide_on(deaf, "foreign_memberships=adopt")
    run(deaf, "contacts", extent="incremental")  # the policy has marked whom it concerns
    (row,) = deaf.bridge.rows("SELECT sf_id FROM practifi_record WHERE kind = 'membership'")
    deaf.delete(MEMBERSHIP, row["sf_id"])
    run(deaf, "contacts", accepts_fewer=True)
    assert deaf.lists_of(ADA) == set()
    assert planned(deaf, "contacts") == []


def test_a_record_whose_making_was_answered_to_nobody_is_not_made_twice(deaf: Firm) -> None:
    a_stranger(deaf, ADA)
    decide_on(deaf, "foreign_memberships=adopt")
    lost = {"side": "salesforce", "method": "POST", "kind": "drop_after", "times": 1}
    deaf.sandbox.faults(lost | {"path": "/services/data/v66.0/composite/sobjects"})
    run(deaf, "contacts")
    assert len(memberships(deaf)) == 1
    assert planned(deaf, "contacts") == []


@pytest.mark.parametrize("seed", range(2))
def test_a_run_that_dies_again_and_again_makes_each_record_once(deaf: Firm, seed: int) -> None:
    people = [f"person{number}@example.org" for number in range(4)]
    a_stranger(deaf, *people)
    decide_on(deaf, "foreign_memberships=adopt")
    chance = Random(f"adopting {seed}")  # noqa: S311 -- a failing seed is played again

    def process() -> tuple[MortalDatabase, MortalDatabase]:
        mortal = MortalDatabase(deaf.bridge.database, chance, 20)
        return mortal, mortal

    assert run_mortally(deaf, "contacts", process) > 0
    assert len(set(memberships(deaf))) == len(memberships(deaf)) == len(people)
    assert planned(deaf, "contacts") == []


def test_who_has_left_since_it_was_planned_is_not_adopted(deaf: Firm) -> None:
    _, there = a_stranger(deaf, ADA, BEN)
    decide_on(deaf, "foreign_memberships=adopt")
    plan = a_plan(deaf)
    deaf.leaves(ADA, there)
    deaf.unsubscribes(BEN)
    approve(deaf, plan)
    assert {step.state for step in steps_of(deaf, plan)} == {"refused"}
    assert memberships(deaf) == []


def test_who_is_removed_is_off_the_list_and_can_be_put_back(deaf: Firm) -> None:
    _, there = a_stranger(deaf, ADA)
    decide_on(deaf, "foreign_memberships=remove")
    record = run(deaf, "contacts")
    plan = plan_of(deaf, record)
    assert figures(plan) == {"Letter": (1, 0)}
    assert deaf.lists_of(ADA) == set()
    assert planned(deaf, "contacts") == []
    undoing, left = undo(deaf, record)
    assert undoing is not None
    assert left == {}
    approve(deaf, undoing)
    assert deaf.lists_of(ADA) == {there}


@pytest.mark.parametrize("policy", ["adopt", "remove"])
def test_who_has_unsubscribed_stays_as_they_are(deaf: Firm, policy: str) -> None:
    a_stranger(deaf, ADA)
    deaf.unsubscribes(ADA)
    decide_on(deaf, f"foreign_memberships={policy}")
    before = deaf.there(ADA)
    record = run(deaf, "contacts")
    assert deaf.there(ADA) == before
    assert memberships(deaf) == []
    assert sum(record.counters["foreign"].values()) == len(before["list_memberships"])


@pytest.mark.parametrize("policy", ["adopt", "remove"])
def test_a_list_without_a_record_and_a_contact_that_nobody_is_are_left(
    deaf: Firm, policy: str
) -> None:
    web_form = deaf.post("/contact_lists", name="Web form")["list_id"]
    _, letter = a_stranger(deaf)
    signs_up(deaf, ADA, web_form)
    deaf.person(ADA)
    signs_up(deaf, BEN, letter)
    decide_on(deaf, f"foreign_memberships={policy}")
    assert run(deaf, "contacts").counters["foreign"] == {"Web form": 1}
    assert (deaf.lists_of(ADA), deaf.lists_of(BEN)) == ({web_form}, {letter})


def test_many_removals_wait_for_a_word_and_go_in_bulk(
    deaf: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_in_bulk_early(monkeypatch)
    monkeypatch.setattr(in_bulk, "BEGIN_IN_A_RUN", FEW)
    people = [f"person{number:02}@example.org" for number in range(MANY)]
    _, there = a_stranger(deaf, *people)
    decide_on(deaf, "foreign_memberships=remove")
    bridge = deaf.bridge
    record = run_now(bridge.installation, bridge.connection_id, "contacts")
    assert (record.state, plan_of(deaf, record).totals["held"]) == ("waiting", ["removals"])
    assert deaf.lists_of(people[0]) == {there}
    before = single_writes(deaf)
    approve(deaf, plan_of(deaf, record))
    assert single_writes(deaf) == before
    assert deaf.lists_of(people[0]) == deaf.lists_of(people[-1]) == set()
    assert planned(deaf, "contacts") == []


def test_a_save_alone_takes_nobody_off_what_no_plan_has_shown(firm: Firm) -> None:
    record = firm.new_list("Letter")
    firm.settle()
    signs_up(firm, ADA, firm.cc_list_id(record))
    decide_on(firm, "foreign_memberships=remove")
    person = firm.person(ADA)
    firm.change(person, LastName="Moran-Hill")
    firm.settle()
    assert firm.lists_of(ADA) == {firm.cc_list_id(record)}


def test_an_undo_says_that_adopted_records_stay(deaf: Firm) -> None:
    a_stranger(deaf, ADA)
    decide_on(deaf, "foreign_memberships=adopt")
    undoing, left = undo(deaf, run(deaf, "contacts"))
    assert undoing is None
    assert list(left.values()) == [1]
    reconcile(deaf)
    assert len(memberships(deaf)) == 1
