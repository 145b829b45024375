"""Lists that go both ways: records for lists of Constant Contact, and names from either side."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from reconciler import plan_lists
from tests.journey.dying import MortalDatabase, run_mortally
from tests.journey.firm import LIST
from tests.journey.planning import a_plan, approve, steps_of
from tests.journey.reconciling import decide_on, kinds, planned, run

if TYPE_CHECKING:
    from tests.journey.firm import Firm


@pytest.fixture
def both(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved, with lists that go both ways."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    decide_on(firm, "lists=both")
    run(firm, "lists")  # what the account begins with
    return firm


def records(firm: Firm) -> list[tuple[str, str]]:
    """Return (name, id there) of every list record."""
    soql = f"SELECT Name, practifi__Constant_Contact_List_ID__c FROM {LIST} ORDER BY Name"  # noqa: S608
    found = firm.sandbox.salesforce("GET", f"/services/data/v66.0/query?q={soql}").json()
    return [(one["Name"], one["practifi__Constant_Contact_List_ID__c"]) for one in found["records"]]


def rename_there(firm: Firm, list_id: str, name: str) -> None:
    answer = firm.sandbox.constant_contact("PUT", f"/contact_lists/{list_id}", {"name": name})
    assert answer.ok, answer.text


def name_there(firm: Firm, list_id: str) -> str:
    return str(firm.sandbox.constant_contact("GET", f"/contact_lists/{list_id}").json()["name"])


def test_a_list_that_only_constant_contact_has_gets_a_record(both: Firm) -> None:
    there = both.post("/contact_lists", name="Web form")["list_id"]
    assert kinds(planned(both, "lists")) == [("adopt_list", there)]
    run(both, "lists")
    assert [name for name, list_id in records(both) if list_id == there] == ["Web form"]
    assert planned(both, "lists") == []


def test_without_the_policy_such_a_list_is_counted_and_left_alone(both: Firm) -> None:
    decide_on(both, "lists=from_practifi")
    both.post("/contact_lists", name="Web form")
    before = records(both)
    assert run(both, "lists").counters["skipped"] == {"only in Constant Contact": 1}
    assert records(both) == before


def test_a_record_whose_making_was_answered_to_nobody_is_not_made_twice(both: Firm) -> None:
    there = both.post("/contact_lists", name="Web form")["list_id"]
    lost = {"side": "salesforce", "method": "POST", "kind": "drop_after", "times": 1}
    both.sandbox.faults(lost | {"path": "/services/data/v66.0/composite/sobjects"})
    run(both, "lists")
    saved = [
        call["method"]
        for call in both.sandbox.calls("salesforce")
        if call["owner"] == "bridge" and "composite" in call["path"]
    ]
    assert saved[-3:] == ["POST", "PATCH", "PATCH"]  # made, found again, and its status
    assert [list_id for _, list_id in records(both)].count(there) == 1
    assert planned(both, "lists") == []


@pytest.mark.parametrize("seed", range(2))
def test_a_run_that_dies_again_and_again_makes_each_record_once(both: Firm, seed: int) -> None:
    record = both.new_list("Letter")
    run(both, "lists")
    rename_there(both, both.cc_list_id(record), "Weekly letter")
    made = {both.post("/contact_lists", name=f"Form {number}")["list_id"] for number in range(3)}
    chance = Random(f"both ways {seed}")  # noqa: S311 -- a failing seed is played again

    def process() -> tuple[MortalDatabase, MortalDatabase]:
        mortal = MortalDatabase(both.bridge.database, chance, 20)
        return mortal, mortal

    assert run_mortally(both, "lists", process) > 0
    assert sorted(one for _, one in records(both) if one in made) == sorted(made)
    assert both.record(LIST, record)["Name"] == "Weekly letter"
    assert planned(both, "lists") == []


def test_a_record_that_the_bridge_made_comes_back_as_no_change(both: Firm) -> None:
    there = both.post("/contact_lists", name="Web form")["list_id"]
    run(both, "lists")
    both.sandbox.control("PUT", "/faults", [])
    writes = both.writes()
    both.settle()
    assert both.writes() == writes
    assert name_there(both, there) == "Web form"


def test_a_name_follows_the_side_that_changed_it(both: Firm) -> None:
    record = both.new_list("Letter")
    run(both, "lists")
    there = both.cc_list_id(record)
    rename_there(both, there, "Weekly letter")
    (step,) = planned(both, "lists")
    assert (step.kind, step.change) == ("rename_record", {"name": ("Letter", "Weekly letter")})
    run(both, "lists")
    assert both.record(LIST, record)["Name"] == "Weekly letter"
    both.save(LIST, record, Name="Monthly letter")
    run(both, "lists")
    assert name_there(both, there) == "Monthly letter"
    assert planned(both, "lists") == []


def test_renamed_on_both_sides_the_name_in_practifi_goes_and_the_plan_says_so(both: Firm) -> None:
    record = both.new_list("Letter")
    run(both, "lists")
    rename_there(both, both.cc_list_id(record), "Weekly letter")
    both.save(LIST, record, Name="Monthly letter")
    (step,) = planned(both, "lists")
    assert step.reason == "renamed on both sides: the name in Practifi goes"
    run(both, "lists")
    assert name_there(both, both.cc_list_id(record)) == "Monthly letter"


def test_a_save_of_the_record_does_not_undo_a_name_given_there(both: Firm) -> None:
    record = both.new_list("Letter")
    run(both, "lists")
    there = both.cc_list_id(record)
    rename_there(both, there, "Weekly letter")
    a_plan(both, "lists")  # the bridge knows of the name there
    both.sandbox.control("PUT", "/faults", [])
    both.save(LIST, record, Name="Letter")
    both.settle()
    assert name_there(both, there) == "Weekly letter"


def test_what_was_renamed_since_it_was_planned_is_refused(both: Firm) -> None:
    there = both.post("/contact_lists", name="Web form")["list_id"]
    plan = a_plan(both, "lists")
    rename_there(both, there, "Sign-ups")
    approve(both, plan)
    assert [step.state for step in steps_of(both, plan)] == ["refused"]
    assert there not in {list_id for _, list_id in records(both)}


def test_a_list_beyond_the_vendors_thousand_is_refused_in_the_plan(
    both: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = both.sandbox.constant_contact("GET", "/contact_lists", limit=500).json()["lists"]
    monkeypatch.setattr(plan_lists, "MOST_LISTS", len(found) + 1)
    for name in ("Letter", "Invitations", "Markets"):
        both.new_list(name)
    counters = run(both, "lists").counters
    assert counters["planned"] == 1
    (words,) = counters["rejected"]
    assert words.endswith("delete some there")
    assert counters["rejected"][words] == 2
