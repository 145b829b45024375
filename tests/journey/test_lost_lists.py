"""Lists that a call gave whose answer was lost: the bridge's doing, taken off when nobody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journey.firm import MEMBERSHIP

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journey.firm import Firm

ADA, BOB = "ada@example.org", "bob@example.org"
LOST = {
    "side": "constant_contact",
    "method": "PUT",
    "path": "/contacts/",
    "kind": "drop_after",
    "times": 1,
}


def deliver_and_lose_the_answer(firm: Firm) -> None:
    firm.bridge.receive()
    firm.sandbox.faults(LOST)
    firm.bridge.triage()
    firm.bridge.deliver()


def moves(firm: Firm, ada: str) -> None:
    firm.change(ada, Email=BOB)


def comes_back(firm: Firm, ada: str) -> None:
    firm.untick(ada)


@pytest.mark.parametrize(("act", "address"), [(moves, BOB), (comes_back, ADA)])
def test_a_lost_answer_leaves_nobody_on_lists_that_are_not_asked_for(
    firm: Firm, act: Callable[[Firm, str], None], address: str
) -> None:
    letter, review = firm.new_list("Letter"), firm.new_list("Review")
    ada = firm.member(ADA, letter)
    firm.settle()
    if act is comes_back:
        firm.tick(ada)
        firm.settle()
    joined = firm.join(ada, review)
    act(firm, ada)
    deliver_and_lose_the_answer(firm)
    assert firm.lists_of(address) == {firm.cc_list_id(letter), firm.cc_list_id(review)}
    firm.delete(MEMBERSHIP, joined)
    firm.settle(deletes=True)
    assert firm.lists_of(address) == {firm.cc_list_id(letter)}
