"""A contact whose answer was lost, and whose person has gone elsewhere before it is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.journey.firm import Firm

FORMER, NEW = "ada@example.org", "ada.moran@example.org"


def lose_the_next_answer(firm: Firm, method: str, path: str) -> None:
    firm.sandbox.faults(
        {
            "side": "constant_contact",
            "method": method,
            "path": path,
            "kind": "drop_after",
            "times": 1,
        }
    )


def work_once(firm: Firm) -> None:
    firm.bridge.receive()
    firm.bridge.triage()
    firm.bridge.deliver()


def former_lists(firm: Firm) -> set[str]:
    return {one for contact in firm.all_there(FORMER) for one in contact["list_memberships"]}


@pytest.mark.parametrize("is_there_before", [False, True], ids=["created", "added"])
def test_who_moves_on_before_a_lost_answer_is_looked_up_is_on_the_list_once(
    firm: Firm, *, is_there_before: bool
) -> None:
    list_id = firm.new_list()
    firm.settle()
    person = firm.person(FORMER)
    if is_there_before:
        firm.join(person, firm.new_list("Another letter"))
        firm.settle()
    lose_the_next_answer(firm, "PUT" if is_there_before else "POST", r"/contacts")
    firm.join(person, list_id)
    work_once(firm)
    firm.change(person, Email=NEW)
    firm.settle()
    assert firm.cc_list_id(list_id) in firm.lists_of(NEW)
    assert former_lists(firm) == set()


def test_a_list_that_was_there_before_a_lost_answer_stays(firm: Firm) -> None:
    list_id = firm.new_list()
    firm.settle()
    by_hand = firm.post("/contact_lists", name="By hand")["list_id"]
    firm.post(
        "/contacts",
        email_address={"address": FORMER, "permission_to_send": "implicit"},
        create_source="Account",
        list_memberships=[by_hand],
    )
    lose_the_next_answer(firm, "PUT", r"/contacts")
    person = firm.person(FORMER)
    firm.join(person, list_id)
    work_once(firm)
    firm.change(person, Email=NEW)
    firm.settle()
    assert former_lists(firm) == {by_hand}
