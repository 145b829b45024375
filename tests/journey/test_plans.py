"""A plan is what a person has seen: approved it does exactly that, and what moved is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.plans.contrast import Contrast, contrast_refused
from bridge.plans.steps import step_states
from bridge.plans.store import pages
from bridge.runs.model import Scope
from reconciler.runs.execute import run_now
from tests.journey.firm import LIST, MEMBERSHIP
from tests.journey.planning import a_plan, approve, figures, plan_of, steps_of, words_of
from tests.journey.reconciling import planned, reconcile, run

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA, BEN, CY = "ada@example.org", "ben@example.org", "cy@example.org"
MANY = 21


@pytest.fixture
def deaf(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    return firm


def test_totals_before_and_after_are_those_that_are_found_there(deaf: Firm) -> None:
    letter, markets = deaf.new_list("Letter"), deaf.new_list("Markets")
    people = [deaf.member(email, letter) for email in (ADA, BEN)]
    membership = deaf.join(people[0], markets)
    reconcile(deaf)
    deaf.member(CY, letter)
    deaf.delete(MEMBERSHIP, membership)
    deaf.tick(people[1])
    plan = a_plan(deaf)
    unsubscribed = figures(plan)["unsubscribed"]
    assert unsubscribed[1] == unsubscribed[0] + 1
    assert (figures(plan)["Letter"], figures(plan)["Markets"]) == ((2, 3), (1, 0))
    approve(deaf, plan)
    on_letter = [
        email for email in (ADA, BEN, CY) if deaf.cc_list_id(letter) in deaf.lists_of(email)
    ]
    assert len(on_letter) == 3
    assert deaf.cc_list_id(markets) not in deaf.lists_of(ADA)


def test_an_approved_plan_does_what_it_showed_and_nothing_else(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    ada = deaf.member(ADA, list_id, LastName="Moran")
    reconcile(deaf)
    deaf.change(ada, LastName="Hill")
    plan = a_plan(deaf)
    deaf.member(BEN, list_id)
    approve(deaf, plan)
    assert deaf.there(ADA)["last_name"] == "Hill"
    assert deaf.all_there(BEN) == [], "nobody has seen that in the plan"


@pytest.mark.parametrize("by", ["record", "address", "list"])
def test_only_what_concerns_one_contact_or_list_is_carried_out(deaf: Firm, by: str) -> None:
    letter, markets = deaf.new_list("Letter"), deaf.new_list("Markets")
    run(deaf, "lists")
    ada = deaf.member(ADA, letter)
    deaf.member(BEN, markets)
    only = {"record": f"contact:{ada}", "address": f"contact:{ADA}", "list": f"list:{letter}"}[by]
    plan = a_plan(deaf)
    approve(deaf, plan, only=(only,))
    assert deaf.lists_of(ADA) == {deaf.cc_list_id(letter)}
    assert deaf.all_there(BEN) == []
    assert [step.outcome for step in steps_of(deaf, plan) if step.state == "skipped"] == [
        "not approved by ann"
    ]


def test_a_step_whose_facts_moved_is_refused_with_both_plans_side_by_side(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    ada, ben = (deaf.member(email, list_id, LastName="Moran") for email in (ADA, BEN))
    reconcile(deaf)
    deaf.change(ada, LastName="Hill")
    deaf.change(ben, LastName="Hill")
    plan = a_plan(deaf)
    deaf.change(ada, LastName="Lindqvist")
    deaf.sandbox.faults()
    deaf.change(ada, FirstName="Ada")  # the bridge hears of it, and has not delivered it yet
    deaf.bridge.receive()
    deaf.bridge.triage()
    record = approve(deaf, plan)
    assert (record.state, deaf.there(BEN)["last_name"]) == ("done", "Hill")
    lines = words_of(deaf, plan)
    assert lines[0].startswith(f"  refused  {ADA}: changed since it was planned")
    assert "last name:  planned Moran -> Hill" in " ".join(lines[1].split()).replace(": ", ":  ")
    assert lines[2].split() == ["now", "Moran", "->", "Lindqvist"]
    with deaf.bridge.database.transaction() as tx:
        contrast = contrast_refused(tx, plan.connection_id, plan.id)
    assert contrast == Contrast(changed=1)
    assert deaf.there(ADA)["last_name"] == "Moran"


def test_a_list_that_was_renamed_again_is_refused_by_name(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    run(deaf, "lists")
    deaf.save(LIST, list_id, Name="Quarterly")
    plan = a_plan(deaf, "lists")
    deaf.save(LIST, list_id, Name="Monthly")
    deaf.sandbox.faults()
    deaf.save(LIST, list_id, Name="Yearly")
    deaf.bridge.receive()
    deaf.bridge.triage()
    approve(deaf, plan)
    assert words_of(deaf, plan) == [
        "  refused  Yearly: changed since it was planned: it would rename_list now",
        "      name: planned Letter -> Quarterly",
        "            now     Letter -> Yearly",
    ]


def test_a_firm_that_loses_a_list_is_asked_and_its_opt_outs_do_not_wait(deaf: Firm) -> None:
    list_id = deaf.new_list("Letter")
    memberships = []
    for number in range(MANY):
        person = deaf.person(f"client{number}@example.org")
        memberships.append(deaf.join(person, list_id))
    ada = deaf.member(ADA, list_id)
    reconcile(deaf)
    for membership in memberships:
        deaf.delete(MEMBERSHIP, membership)
    deaf.tick(ada)
    bridge = deaf.bridge
    record = run_now(
        bridge.installation, bridge.connection_id, "contacts", scope=Scope(accepts_fewer=True)
    )
    plan = plan_of(deaf, record)
    assert (record.state, plan.state) == ("waiting", "waiting")
    assert plan.wait_reason == "21 of 22 would be taken off Letter"
    assert deaf.permission(ADA) == "unsubscribed"
    assert deaf.lists_of("client0@example.org") == {deaf.cc_list_id(list_id)}
    assert approve(deaf, plan).state == "done"
    assert deaf.lists_of("client0@example.org") == set()
    with bridge.database.transaction() as tx:
        assert step_states(tx, plan.connection_id, plan.id) == {"confirmed": MANY + 1}
    assert planned(deaf, "contacts") == []


def test_steps_are_paged_through_in_order(deaf: Firm) -> None:
    deaf.member(ADA, deaf.new_list("Letter"))
    run(deaf, "lists")
    plan = a_plan(deaf)
    found = [step for page in pages(deaf.bridge.database, plan) for step in page]
    assert found == steps_of(deaf, plan)
