"""A list whose answer was lost after the call was carried out: neither doubled nor left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.journey.firm import Firm

LISTS = "/contact_lists"


def lose_the_next_answer(firm: Firm, method: str) -> None:
    firm.sandbox.faults(
        {
            "side": "constant_contact",
            "method": method,
            "path": LISTS,
            "kind": "drop_after",
            "times": 1,
        }
    )


def names_there(firm: Firm) -> list[str]:
    found = firm.sandbox.constant_contact("GET", LISTS, limit=500).json()["lists"]
    return sorted(each["name"] for each in found)


def test_a_list_that_is_renamed_before_its_lost_answer_is_looked_up_is_there_once(
    firm: Firm,
) -> None:
    before = names_there(firm)
    lose_the_next_answer(firm, "POST")
    list_id = firm.new_list("Quarterly letter")
    firm.bridge.receive()
    firm.bridge.triage()
    firm.bridge.deliver()
    firm.save("practifi__Constant_Contact_List__c", list_id, Name="Yearly letter")
    firm.settle()
    assert names_there(firm) == sorted([*before, "Yearly letter"])


def test_a_list_that_is_renamed_back_after_a_lost_answer_has_its_first_name(firm: Firm) -> None:
    before = names_there(firm)
    list_id = firm.new_list("Quarterly letter")
    firm.settle()
    lose_the_next_answer(firm, "PUT")
    firm.save("practifi__Constant_Contact_List__c", list_id, Name="Yearly letter")
    firm.bridge.receive()
    firm.bridge.triage()
    firm.bridge.deliver()
    firm.save("practifi__Constant_Contact_List__c", list_id, Name="Quarterly letter")
    firm.settle()
    assert names_there(firm) == sorted([*before, "Quarterly letter"])
