"""What a plan did to lists is taken back, as far as consent lets anybody be put on a list."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from bridge.plans.choose import Choice
from bridge.plans.store import approve_plan, find_plan
from bridge.runs.store import ask_undo, load_run
from reconciler import in_bulk
from reconciler.plans.undo import STILL_WANTED
from reconciler.runs.execute import execute
from reconciler.runs.store import claim
from tests.journey.both_sides import ADDRESSES, BothSides, draw
from tests.journey.dying import MortalDatabase, run_mortally, written
from tests.journey.firm import MEMBERSHIP
from tests.journey.loading import FEW, go_in_bulk_early, imports, left_over, single_writes
from tests.journey.planning import approve, figures, record_of, steps_of, undo
from tests.journey.reconciling import planned, reconcile, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.runs.model import RunRecord
    from tests.journey.firm import Firm

ADA, BEN = "ada@example.org", "ben@example.org"


@pytest.fixture
def deaf(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    return firm


def removed(firm: Firm, *emails: str) -> tuple[str, RunRecord]:
    """Let people be taken off a list by a run; return the list there, and the run."""
    list_id = firm.new_list("Letter")
    memberships = [firm.join(firm.person(email), list_id) for email in emails]
    reconcile(firm)
    for membership in memberships:
        firm.delete(MEMBERSHIP, membership)
    record = run(firm, "contacts", accepts_fewer=True)
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


def test_an_undo_that_a_page_asks_for_is_planned_by_a_run_that_reads_nothing(deaf: Firm) -> None:
    there, record = removed(deaf, ADA)
    asked, calls = asked_to_undo(deaf, record)
    assert (asked.state, asked.plan_state, asked.extent) == ("done", "waiting", None)
    assert calls == 0
    with deaf.bridge.database.transaction() as tx:
        undoing = find_plan(tx, asked.plan_id or 0)
    assert (undoing.undoes, undoing.asked_by) == (record.plan_id, "ann")
    approve(deaf, undoing)
    assert deaf.lists_of(ADA) == {there}
    again, _ = asked_to_undo(deaf, record)
    assert (again.state, again.plan_id) == ("done", None)
    assert again.notes == [f"nothing of plan {record.plan_id} is left to take back"]


def asked_to_undo(firm: Firm, record: RunRecord) -> tuple[RunRecord, int]:
    """Carry out an undo that was asked for; return its run, and how many calls it took."""
    bridge = firm.bridge
    before = len(firm.sandbox.calls("constant_contact"))
    with bridge.database.transaction() as tx:
        run_id = ask_undo(
            tx, bridge.connection_id, "contacts", record.plan_id or 0, origin="console",
            asked_by="ann",
        )  # fmt: skip
        lease = claim(tx, bridge.connection_id, run_id, 60)
    assert lease is not None
    execute(bridge.installation, lease)
    with bridge.database.transaction() as tx:
        after = load_run(tx, bridge.connection_id, run_id)
    return after, len(firm.sandbox.calls("constant_contact")) - before


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


def test_an_undo_that_dies_again_and_again_has_each_effect_once(deaf: Firm) -> None:
    people = [f"client{number}@example.org" for number in range(6)]
    there, record = removed(deaf, *people)
    undoing, _ = undo(deaf, record)
    assert undoing is not None
    with deaf.bridge.database.transaction() as tx:
        run_id, _ = approve_plan(tx, undoing, Choice(), by="ann")
    before = written(deaf)
    chance = Random(7)  # noqa: S311 -- picks where a process dies

    def process() -> tuple[MortalDatabase, MortalDatabase]:
        mortal = MortalDatabase(deaf.bridge.database, chance, 40)
        return mortal, mortal

    assert run_mortally(deaf, "contacts", process, run_id=run_id)
    assert {step.state for step in steps_of(deaf, undoing)} == {"confirmed"}
    assert all(deaf.lists_of(email) == {there} for email in people)
    assert sorted((written(deaf) - before).values()) == [1] * len(people)


@pytest.fixture
def in_bulk_early(deaf: Firm, monkeypatch: pytest.MonkeyPatch) -> Firm:
    """Such a firm, of which half a dozen changes of a plan go in bulk."""
    go_in_bulk_early(monkeypatch)
    monkeypatch.setattr(in_bulk, "BEGIN_IN_A_RUN", FEW)
    return deaf


MANY = [f"client{number}@example.org" for number in range(FEW + 2)]


def test_many_who_were_taken_off_are_put_back_in_bulk_but_whoever_is_out(
    in_bulk_early: Firm,
) -> None:
    firm = in_bulk_early
    there, record = removed(firm, *MANY)
    undoing, _ = undo(firm, record)
    assert undoing is not None
    firm.unsubscribes(MANY[0])
    before = single_writes(firm), imports(firm)
    approve(firm, undoing)
    assert (single_writes(firm), imports(firm)) == (before[0], before[1] + 1)
    assert [len(firm.lists_of(email)) for email in MANY] == [0] + [1] * (len(MANY) - 1)
    assert firm.permission(MANY[0]) == "unsubscribed"
    assert left_over(firm) == []
    assert planned(firm, "contacts") == []
    assert firm.lists_of(MANY[1]) == {there}


def test_many_who_were_made_are_taken_off_in_bulk_and_stay_there(in_bulk_early: Firm) -> None:
    firm = in_bulk_early
    list_id = firm.new_list("Letter")
    run(firm, "lists")
    for email in MANY:
        firm.member(email, list_id)
    undoing, _ = undo(firm, run(firm, "contacts"))
    assert undoing is not None
    before = single_writes(firm)
    approve(firm, undoing)
    assert {step.outcome for step in steps_of(firm, undoing)} == {"in bulk"}
    assert single_writes(firm) == before
    assert [firm.there(email)["list_memberships"] for email in MANY] == [[]] * len(MANY)
    assert [one.subject_key for one in planned(firm, "contacts")] == MANY


def standing(firm: Firm) -> dict[str, tuple[str, frozenset[str]]]:
    """Return permission and lists of every contact there by its id."""
    return {
        contact["contact_id"]: (
            contact["email_address"]["permission_to_send"],
            frozenset(contact["list_memberships"]),
        )
        for address in ADDRESSES
        for contact in firm.all_there(address)
        if not contact.get("deleted_at")
    }


def test_whatever_happened_an_undo_changes_no_permission_and_adds_nobody_who_is_out(
    firm: Firm, scaled: Callable[[int], int]
) -> None:
    both = BothSides(firm)
    both.begin()
    for seed in range(scaled(3)):
        both.play(draw(3_000 + seed, 40))
        run(firm, "lists")
        record = run(firm, "contacts")
        both.play([one for one in draw(4_000 + seed, 30) if one.name not in {"hear", "be_deaf"}])
        undoing, _ = undo(firm, record)
        if undoing is None:
            continue
        before = standing(firm)
        approve(firm, undoing)
        for contact_id, (permission, lists) in standing(firm).items():
            assert permission == before[contact_id][0]
            assert permission != "unsubscribed" or lists <= before[contact_id][1]
    reconcile(firm)
    assert planned(firm, "contacts") == []
    assert both.wrongly_mailable() == []
