"""Limits of a plan that a firm has set for itself: stricter or looser than the defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.runs.execute import run_now
from tests.journey.firm import MEMBERSHIP
from tests.journey.planning import plan_of
from tests.journey.reconciling import decide_on, reconcile

if TYPE_CHECKING:
    from bridge.runs.model import RunRecord
    from tests.journey.firm import Firm

MANY = 22


@pytest.fixture
def deaf(firm: Firm) -> Firm:
    """A firm whose bridge hears of nothing that is saved."""
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    return firm


def contacts(firm: Firm) -> RunRecord:
    return run_now(firm.bridge.installation, firm.bridge.connection_id, "contacts")


def test_a_firm_that_lets_nothing_go_unasked_is_asked_about_one_membership(deaf: Firm) -> None:
    decide_on(deaf, "removals_above=0", "removals_percent=0")
    person, letter = deaf.person("ada@example.org"), deaf.new_list("Letter")
    membership = deaf.join(person, letter)
    reconcile(deaf)
    deaf.delete(MEMBERSHIP, membership)
    found = contacts(deaf)
    assert (found.state, plan_of(deaf, found).totals["held"]) == ("waiting", ["removals"])
    assert deaf.lists_of("ada@example.org") == {deaf.cc_list_id(letter)}


def test_looser_limits_of_removals_leave_those_of_opt_outs(deaf: Firm) -> None:
    decide_on(deaf, "removals_above=100")
    letter = deaf.new_list("Letter")
    people = [deaf.member(f"person{number:02}@example.org", letter) for number in range(MANY)]
    reconcile(deaf)
    for person in people:
        deaf.tick(person)
    assert plan_of(deaf, contacts(deaf)).totals["held"] == ["opt_outs"]
