"""A list record in Practifi and its list in Constant Contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.journey.firm import LIST

if TYPE_CHECKING:
    from tests.journey.firm import Firm


def names_there(firm: Firm) -> list[str]:
    found = firm.sandbox.constant_contact("GET", "/contact_lists").json()["lists"]
    return [each["name"] for each in found]


def test_a_list_is_made_there_and_its_id_comes_back(firm: Firm) -> None:
    made = firm.new_list("Quarterly letter")
    firm.settle()
    there = firm.sandbox.constant_contact("GET", f"/contact_lists/{firm.cc_list_id(made)}")
    assert there.json()["name"] == "Quarterly letter"
    assert firm.record(LIST, made)["CC_Bridge_Status__c"] == "Confirmed"


def test_a_renamed_list_is_renamed_there_and_keeps_what_else_it_has(firm: Firm) -> None:
    made = firm.new_list("Quarterly letter")
    firm.settle()
    there = firm.cc_list_id(made)
    body = {"name": "Quarterly letter", "description": "By hand", "favorite": True}
    assert firm.sandbox.constant_contact("PUT", f"/contact_lists/{there}", body).ok
    firm.save(LIST, made, Name="Monthly letter")
    firm.settle()
    now = firm.sandbox.constant_contact("GET", f"/contact_lists/{there}").json()
    assert (now["name"], now["description"], now["favorite"]) == ("Monthly letter", "By hand", True)
    assert "Quarterly letter" not in names_there(firm)


def test_a_list_whose_name_exists_there_is_taken_over(firm: Firm) -> None:
    before = names_there(firm)
    made = firm.new_list("General Interest")
    firm.settle()
    there = firm.sandbox.constant_contact("GET", f"/contact_lists/{firm.cc_list_id(made)}")
    assert there.json()["name"] == "General Interest"
    assert names_there(firm) == before


def test_a_second_list_of_one_name_is_refused_with_the_other_named(firm: Firm) -> None:
    first = firm.new_list("Quarterly letter")
    firm.settle()
    second = firm.new_list("Quarterly letter")
    firm.settle()
    assert names_there(firm).count("Quarterly letter") == 1
    shown = firm.record(LIST, second)
    assert shown["CC_Bridge_Status__c"] == "Not sent"
    dead = [row for row in firm.notifications() if row["record_id"] == second]
    assert {row["state"] for row in dead} == {"dead"}
    assert first in dead[0]["reason"]


def test_a_refused_list_goes_through_once_it_has_a_name_of_its_own(firm: Firm) -> None:
    firm.new_list("Quarterly letter")
    second = firm.new_list("Quarterly letter")
    person = firm.member("ada@example.org", second)
    firm.settle()
    firm.save(LIST, second, Name="Monthly letter")
    firm.settle()
    there = firm.cc_list_id(second)
    assert firm.lists_of("ada@example.org") == {there}
    assert firm.status(person) == ("Subscribed", None)


def test_a_deleted_list_stays_there(firm: Firm) -> None:
    made = firm.new_list("Quarterly letter")
    firm.settle()
    firm.delete(LIST, made)
    firm.settle(deletes=True)
    assert "Quarterly letter" in names_there(firm)


def test_a_list_that_somebody_deleted_there_holds_nobody_up(firm: Firm) -> None:
    letter, gone = firm.new_list("Quarterly letter"), firm.new_list("Invitations")
    person = firm.member("ada@example.org", letter)
    firm.settle()
    firm.remove(f"/contact_lists/{firm.cc_list_id(gone)}")
    firm.sandbox.advance(2.0)
    membership = firm.join(person, gone)
    firm.change(person, FirstName="Augusta")
    firm.settle()
    assert firm.there("ada@example.org")["first_name"] == "Augusta"
    assert firm.membership_status(membership)[0] == "Waiting"
    assert firm.record(LIST, gone)["CC_Bridge_Status__c"] == "Not sent"
    assert {row["state"] for row in firm.notifications() if row["object"] != LIST} == {"done"}
