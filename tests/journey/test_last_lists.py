"""A contact whose last membership Practifi ends stays there, or goes, as the firm has decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.runs.model import Scope
from reconciler.runs.execute import run_now
from tests.explaining import ask
from tests.journey.firm import MEMBERSHIP
from tests.journey.planning import approve, figures, plan_of, steps_of, undo
from tests.journey.reconciling import decide_on, kinds, planned, reconcile, run

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA, BEN = "ada@example.org", "ben@example.org"
MANY = 22


@pytest.fixture
def deaf(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved, and that deletes contacts."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    decide_on(firm, "on_last_list_removed=delete")
    return firm


def joined(firm: Firm, *emails: str, name: str = "Letter") -> tuple[str, list[str]]:
    """Let people be on a list on both sides; return the list there, and their memberships."""
    list_id = firm.new_list(name)
    found = [firm.join(firm.person(email), list_id) for email in emails]
    reconcile(firm)
    return firm.cc_list_id(list_id), found


def is_deleted(firm: Firm, email: str) -> bool:
    return "deleted_at" in firm.there(email)


def test_the_contact_goes_with_its_last_membership_and_comes_back_with_the_next(deaf: Firm) -> None:
    _, (membership,) = joined(deaf, ADA)
    person = deaf.record(MEMBERSHIP, membership)
    deaf.delete(MEMBERSHIP, membership)
    record = run(deaf, "contacts", accepts_fewer=True)
    assert kinds(steps_of(deaf, plan_of(deaf, record))) == [("delete_contact", ADA)]
    assert is_deleted(deaf, ADA)
    assert planned(deaf, "contacts") == []
    deaf.join(person["practifi__Contact__c"], person["practifi__Constant_Contact_List__c"])
    run(deaf, "contacts", accepts_fewer=True)
    assert not is_deleted(deaf, ADA)
    assert planned(deaf, "contacts") == []


def test_it_goes_by_a_message_as_by_a_run(firm: Firm) -> None:
    decide_on(firm, "on_last_list_removed=delete")
    list_id = firm.new_list("Letter")
    membership = firm.join(firm.person(ADA), list_id)
    firm.settle()
    firm.delete(MEMBERSHIP, membership)
    firm.settle(deletes=True)
    assert is_deleted(firm, ADA)


def test_a_deleted_person_takes_the_contact_along(deaf: Firm) -> None:
    _, (membership,) = joined(deaf, ADA)
    deaf.delete("Contact", deaf.record(MEMBERSHIP, membership)["practifi__Contact__c"])
    run(deaf, "contacts", accepts_fewer=True)
    assert is_deleted(deaf, ADA)
    assert planned(deaf, "contacts") == []


def test_without_the_policy_it_stays_and_the_plan_says_so(deaf: Firm) -> None:
    decide_on(deaf, "on_last_list_removed=keep")
    _, (membership,) = joined(deaf, ADA)
    deaf.delete(MEMBERSHIP, membership)
    (step,) = planned(deaf, "contacts")
    assert (step.kind, step.reason) == (
        "update_contact",
        "taken off its last list; the contact stays",
    )
    run(deaf, "contacts", accepts_fewer=True)
    assert (is_deleted(deaf, ADA), deaf.lists_of(ADA)) == (False, set())


def test_who_opted_out_is_never_deleted(deaf: Firm) -> None:
    _, (first, second) = joined(deaf, ADA, BEN)
    deaf.unsubscribes(ADA)
    deaf.tick(deaf.record(MEMBERSHIP, second)["practifi__Contact__c"])
    for membership in (first, second):
        deaf.delete(MEMBERSHIP, membership)
    run(deaf, "contacts", accepts_fewer=True)
    assert [is_deleted(deaf, one) for one in (ADA, BEN)] == [False, False]
    assert [deaf.permission(one) for one in (ADA, BEN)] == ["unsubscribed", "unsubscribed"]


def test_who_is_on_a_list_by_themselves_or_through_another_stays(deaf: Firm) -> None:
    letter, (mine, _) = joined(deaf, ADA, ADA)
    _, (other,) = joined(deaf, BEN, name="Invitations")
    form = deaf.post("/contact_lists", name="Web form")["list_id"]
    deaf.put(deaf.there(BEN), list_memberships=[*deaf.lists_of(BEN), form])
    deaf.delete(MEMBERSHIP, mine)
    deaf.delete(MEMBERSHIP, other)
    run(deaf, "contacts", accepts_fewer=True)
    assert [is_deleted(deaf, one) for one in (ADA, BEN)] == [False, False]
    assert (deaf.lists_of(ADA), deaf.lists_of(BEN)) == ({letter}, {form})


def test_a_person_who_goes_to_another_address_leaves_the_contact_there(deaf: Firm) -> None:
    _, (membership, _) = joined(deaf, ADA, BEN)
    deaf.change(deaf.record(MEMBERSHIP, membership)["practifi__Contact__c"], Email=BEN)
    run(deaf, "contacts", accepts_fewer=True)
    assert (is_deleted(deaf, ADA), deaf.lists_of(ADA)) == (False, set())


def test_a_plan_is_not_carried_out_for_who_is_on_a_list_again(deaf: Firm) -> None:
    _, (membership,) = joined(deaf, ADA)
    was = deaf.record(MEMBERSHIP, membership)
    deaf.delete(MEMBERSHIP, membership)
    plan = plan_of(deaf, run(deaf, "contacts", "plan", accepts_fewer=True))
    deaf.sandbox.control("PUT", "/faults", [])
    deaf.join(was["practifi__Contact__c"], was["practifi__Constant_Contact_List__c"])
    deaf.settle()
    approve(deaf, plan)
    assert [step.state for step in steps_of(deaf, plan)] == ["refused"]
    assert not is_deleted(deaf, ADA)


def test_many_of_them_wait_for_a_word_and_an_undo_brings_them_back(deaf: Firm) -> None:
    people = [f"person{number:02}@example.org" for number in range(MANY)]
    there, memberships = joined(deaf, *people)
    for membership in memberships:
        deaf.delete(MEMBERSHIP, membership)
    bridge = deaf.bridge
    record = run_now(
        bridge.installation, bridge.connection_id, "contacts", scope=Scope(accepts_fewer=True)
    )
    plan = plan_of(deaf, record)
    assert (record.state, plan.totals["held"]) == ("waiting", ["removals"])
    before, after = figures(plan)["contacts"]
    assert before - after == MANY
    approve(deaf, plan)
    assert is_deleted(deaf, people[0])
    undoing, left = undo(deaf, record)
    assert undoing is not None
    assert left == {}
    approve(deaf, undoing)
    assert deaf.lists_of(people[0]) == deaf.lists_of(people[-1]) == {there}


def test_explain_says_before_what_becomes_of_the_contact(deaf: Firm) -> None:
    joined(deaf, ADA)
    for policy, words in (("delete", "it is deleted there"), ("keep", "the contact stays")):
        decide_on(deaf, f"on_last_list_removed={policy}")
        with deaf.bridge.database.transaction() as tx:
            facts = {check.name: check.facts for check in ask(tx, ADA).checks}
        assert str(facts["last list"]["after its last list"]).startswith(words)
