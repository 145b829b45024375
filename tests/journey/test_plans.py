"""A plan is what a person has seen: approved it does exactly that, and it can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.plans.choose import Choice
from reconciler.plans.difference import outcome_lines
from reconciler.plans.store import approve_plan, find_plan, names_of, pages
from reconciler.plans.undo import STILL_WANTED
from reconciler.plans.undoing import plan_undo
from reconciler.runs.execute import execute, run_now
from reconciler.runs.plans import all_steps, list_names, step_states
from reconciler.runs.store import claim, load_run
from tests.journey.firm import LIST, MEMBERSHIP
from tests.journey.reconciling import planned, reconcile, run

if TYPE_CHECKING:
    from reconciler.plans.model import PlanRecord
    from reconciler.runs.model import Job, RunRecord, StoredStep
    from tests.journey.firm import Firm

ADA, BEN, CY = "ada@example.org", "ben@example.org", "cy@example.org"
MANY = 21


@pytest.fixture
def deaf(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    return firm


def plan_of(firm: Firm, record: RunRecord) -> PlanRecord:
    with firm.bridge.database.transaction() as tx:
        return find_plan(tx, record.plan_id or 0)


def a_plan(firm: Firm, job: Job = "contacts") -> PlanRecord:
    return plan_of(firm, run(firm, job, "plan"))


def approve(firm: Firm, plan: PlanRecord, *, only: tuple[str, ...] = ()) -> RunRecord:
    """Approve a plan, or what concerns some of it, and carry it out here."""
    bridge = firm.bridge
    with bridge.database.transaction() as tx:
        contacts, lists = names_of(tx, bridge.connection_id, only)
        run_id, _ = approve_plan(tx, plan, Choice(contacts=contacts, lists=lists), by="ann")
        lease = claim(tx, bridge.connection_id, run_id, 60)
    assert lease is not None
    execute(bridge.installation, lease)
    with bridge.database.transaction() as tx:
        return load_run(tx, bridge.connection_id, run_id)


def undo(firm: Firm, record: RunRecord) -> tuple[PlanRecord | None, dict[str, int]]:
    """Plan to take back what a run has done."""
    with firm.bridge.database.transaction() as tx:
        plan = find_plan(tx, record.plan_id or 0)
        made, left = plan_undo(tx, plan, by="ann", owner_policy="linked_first")
        return (None if made is None else find_plan(tx, made)), dict(left)


def steps_of(firm: Firm, plan: PlanRecord) -> list[StoredStep]:
    with firm.bridge.database.transaction() as tx:
        return all_steps(tx, plan.connection_id, plan.id)


def words_of(firm: Firm, plan: PlanRecord) -> list[str]:
    with firm.bridge.database.transaction() as tx:
        names = list_names(tx, plan.connection_id)
    return list(outcome_lines(steps_of(firm, plan), names))


def record_of(firm: Firm, email: str) -> str:
    """Return the record id of who has an address."""
    (row,) = firm.bridge.rows(
        "SELECT sf_id FROM practifi_record WHERE kind = 'contact' AND email_key = %(email)s",
        email=email,
    )
    return str(row["sf_id"])


def figures(plan: PlanRecord) -> dict[str, tuple[int, int]]:
    return {row["name"]: (row["before"], row["after"]) for row in plan.totals["before_after"]}


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
    record = run_now(bridge.installation, bridge.connection_id, "contacts")
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


def removed(firm: Firm, *emails: str) -> tuple[str, RunRecord]:
    """Let people be taken off a list by a run; return the list there, and the run."""
    list_id = firm.new_list("Letter")
    memberships = [firm.join(firm.person(email), list_id) for email in emails]
    reconcile(firm)
    for membership in memberships:
        firm.delete(MEMBERSHIP, membership)
    record = run(firm, "contacts")
    assert firm.lists_of(emails[0]) == set()
    return firm.cc_list_id(list_id), record


def test_who_was_taken_off_a_list_is_put_back_by_an_undo_and_stays(deaf: Firm) -> None:
    there, record = removed(deaf, ADA, BEN)
    undoing, left = undo(deaf, record)
    assert undoing is not None
    assert (undoing.state, undoing.undoes, left) == ("waiting", record.plan_id, {})
    assert figures(undoing) == {"Letter": (0, 2)}
    assert deaf.lists_of(ADA) == set(), "an undo is a plan first"
    assert approve(deaf, undoing).state == "done"
    assert deaf.lists_of(ADA) == deaf.lists_of(BEN) == {there}
    assert planned(deaf, "contacts") == []
    assert undo(deaf, record) == (None, {})


def test_who_was_put_on_a_list_is_taken_off_by_an_undo_that_says_what_comes_next(
    deaf: Firm,
) -> None:
    list_id = deaf.new_list("Letter")
    run(deaf, "lists")
    deaf.member(ADA, list_id)
    undoing, _ = undo(deaf, run(deaf, "contacts"))
    assert undoing is not None
    (step,) = steps_of(deaf, undoing)
    assert step.reason.endswith(STILL_WANTED)
    approve(deaf, undoing)
    assert deaf.lists_of(ADA) == set()
    assert [one.subject_key for one in planned(deaf, "contacts")] == [ADA]


def unsubscribe_there(firm: Firm, _person: str) -> None:
    firm.unsubscribes(ADA)


def tick_here(firm: Firm, person: str) -> None:
    firm.sandbox.faults()
    firm.tick(person)
    firm.bridge.receive()
    firm.bridge.triage()


@pytest.mark.parametrize("opts_out", [unsubscribe_there, tick_here])
@pytest.mark.parametrize("when", ["before the undo is planned", "before it is approved"])
def test_nobody_who_opted_out_is_put_back_or_subscribed_by_an_undo(
    deaf: Firm, opts_out: Any, when: str
) -> None:
    _, record = removed(deaf, ADA, BEN)
    ada = record_of(deaf, ADA)
    if when == "before the undo is planned":
        opts_out(deaf, ada)
        deaf.settle()
        run(deaf, "contacts")
    undoing, left = undo(deaf, record)
    assert undoing is not None
    if when == "before the undo is planned":
        assert len(left) == 1
        assert [step.subject_key for step in steps_of(deaf, undoing)] == [BEN]
    else:
        opts_out(deaf, ada)
    approve(deaf, undoing)
    deaf.settle()
    assert deaf.lists_of(ADA) == set()
    assert deaf.permission(ADA) == "unsubscribed"
    assert len(deaf.lists_of(BEN)) == 1


def test_an_undo_leaves_alone_what_a_plan_did_not_do(deaf: Firm) -> None:
    letter = deaf.new_list("Letter")
    markets = deaf.new_list("Markets")
    ada = deaf.person(ADA, LastName="Moran")
    membership = deaf.join(ada, letter)
    reconcile(deaf)
    deaf.delete(MEMBERSHIP, membership)
    deaf.change(ada, LastName="Hill")
    record = run(deaf, "contacts")
    deaf.join(ada, markets)
    deaf.change(ada, FirstName="Ada")
    undoing, _ = undo(deaf, record)
    assert undoing is not None
    approve(deaf, undoing)
    there = deaf.there(ADA)
    assert there["list_memberships"] == [deaf.cc_list_id(letter)]
    assert (there["last_name"], there.get("first_name")) == ("Hill", None)
    reconcile(deaf)
    assert deaf.lists_of(ADA) == {deaf.cc_list_id(letter), deaf.cc_list_id(markets)}


def test_an_undo_leaves_a_delivery_that_waits_to_be_done(firm: Firm) -> None:
    _, record = removed(firm, ADA)
    undoing, _ = undo(firm, record)
    assert undoing is not None
    firm.change(record_of(firm, ADA), LastName="Hill")
    firm.bridge.receive()
    firm.bridge.triage()
    approve(firm, undoing)
    firm.settle()
    assert firm.there(ADA)["last_name"] == "Hill"
    assert len(firm.lists_of(ADA)) == 1


def test_steps_are_paged_through_in_order(deaf: Firm) -> None:
    deaf.member(ADA, deaf.new_list("Letter"))
    run(deaf, "lists")
    plan = a_plan(deaf)
    found = [step for page in pages(deaf.bridge.database, plan) for step in page]
    assert found == steps_of(deaf, plan)
