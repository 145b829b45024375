"""A plan with many changes goes in bulk as well, and ends as if each had gone by itself."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from reconciler import in_bulk
from tests.journey.dying import MortalDatabase, ended_well, run_mortally
from tests.journey.loading import (
    FEW,
    SOME,
    address,
    calls,
    go_in_bulk_early,
    imports,
    left_over,
    load,
    single_writes,
)
from tests.journey.reconciling import reconcile, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journey.firm import Firm


@pytest.fixture
def unheard(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> Firm:
    """A firm whose bridge hears of nothing; half a dozen changes of a plan go in bulk."""
    go_in_bulk_early(monkeypatch)
    monkeypatch.setattr(in_bulk, "BEGIN_IN_A_RUN", FEW)
    firm.sandbox.faults({"side": "outbound", "kind": "drop", "times": None})
    return firm


def test_a_first_run_over_many_people_sends_one_import(unheard: Firm) -> None:
    list_id = unheard.new_list()
    people = load(unheard, list_id)
    reconcile(unheard)
    assert unheard.there(address(3))["first_name"] == "Name 3"
    assert unheard.lists_of(address(3)) == {unheard.cc_list_id(list_id)}
    assert unheard.status(people[3]) == ("Subscribed", None)
    assert imports(unheard) == 1
    assert single_writes(unheard) == []
    assert left_over(unheard) == []


def test_a_run_sends_in_bulk_what_it_planned_and_the_rest_singly(unheard: Firm) -> None:
    list_id = unheard.new_list()
    people = load(unheard, list_id)
    reconcile(unheard)
    for person in people:
        unheard.change(person, Title="Member")
    unheard.change(people[0], FirstName=None)
    unheard.tick(people[1])
    record = run(unheard, "contacts")
    ended_well(unheard, record.id)
    assert unheard.there(address(2))["job_title"] == "Member"
    assert "first_name" not in unheard.there(address(0))
    assert unheard.permission(address(1)) == "unsubscribed"
    assert imports(unheard) == 2
    assert 2 <= len(single_writes(unheard)) <= 3
    assert left_over(unheard) == []
    before = len(single_writes(unheard)) + imports(unheard)
    run(unheard, "contacts")
    assert len(single_writes(unheard)) + imports(unheard) == before


def test_a_few_changes_of_a_plan_go_singly(unheard: Firm) -> None:
    list_id = unheard.new_list()
    load(unheard, list_id, FEW - 1)
    reconcile(unheard)
    assert imports(unheard) == 0
    assert len(single_writes(unheard)) == FEW - 1
    assert ("GET", "/v3/activities") not in calls(unheard)


def test_a_run_that_is_killed_at_any_point_goes_on(
    unheard: Firm, scaled: Callable[[int], int]
) -> None:
    list_id = unheard.new_list()
    people = load(unheard, list_id)
    reconcile(unheard)
    chance = Random(11)  # noqa: S311 -- picks where a process dies
    died = 0
    for number in range(scaled(2)):
        for person in people:
            unheard.change(person, Title=f"Title {number}")

        def process() -> tuple[MortalDatabase, MortalDatabase]:
            mortal = MortalDatabase(unheard.bridge.database, chance, 30)
            return mortal, mortal

        died += run_mortally(unheard, "contacts", process)
        titles = {unheard.there(address(one))["job_title"] for one in range(SOME)}
        assert titles == {f"Title {number}"}
        unheard.bridge.deliver()
        assert left_over(unheard) == []
    assert died
    assert single_writes(unheard) == []
