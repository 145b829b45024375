"""The oracle of the kills sees what it is there to see."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.demand import Practifi, There, compare

if TYPE_CHECKING:
    from collections.abc import Callable

Firm = tuple[Practifi, There]

PERSON: dict[str, Any] = {
    "Id": "003A",
    "Email": "Ada@Example.org",
    "FirstName": "Ada",
    "LastName": "Moran",
    "Title": None,
    "MobilePhone": "+1 415 555 0101",
    "MailingCity": "Sausalito",
    "Account": {"Name": "Moran Household"},
    "HasOptedOutOfEmail": False,
    "practifi__Constant_Contact_ID__c": "c-1",
    "CC_Bridge_Status__c": "Subscribed",
}
LIST = {"Id": "a01A", "Name": "Letter", "practifi__Constant_Contact_List_ID__c": "l-1"}
MEMBERSHIP = {
    "Id": "a02A",
    "practifi__Contact__c": "003A",
    "practifi__Constant_Contact_List__c": "a01A",
    "CC_Bridge_Status__c": "Confirmed",
}
CONTACT: dict[str, Any] = {
    "contact_id": "c-1",
    "email_address": {"address": "ada@example.org", "permission_to_send": "implicit"},
    "first_name": "Ada",
    "last_name": "Moran",
    "company_name": "Moran Household",
    "phone_numbers": [{"kind": "mobile", "phone_number": "+14155550101"}],
    "street_addresses": [{"kind": "home", "city": "Sausalito"}],
    "custom_fields": [{"custom_field_id": "f-1", "value": "Moran Household"}],
    "list_memberships": ["l-1"],
}


def a_firm() -> Firm:
    """Ada is on the list *Letter*, and everything is as it should be."""
    return deepcopy(
        (
            Practifi(contacts=[PERSON], lists=[LIST], memberships=[MEMBERSHIP]),
            There(
                contacts=[CONTACT],
                lists=[{"list_id": "l-1", "name": "Letter"}],
                custom_fields={"Household": "f-1"},
            ),
        )
    )


def nobody_is_there(firm: Firm) -> None:
    firm[1].contacts.clear()  # type: ignore[attr-defined]


def a_value_differs(firm: Firm) -> None:
    firm[1].contacts[0]["last_name"] = "Morän"


def the_list_is_left(firm: Firm) -> None:
    firm[1].contacts[0]["list_memberships"] = []


def a_membership_is_deleted(firm: Firm) -> None:
    firm[0].memberships.clear()  # type: ignore[attr-defined]


def the_box_is_ticked(firm: Firm) -> None:
    firm[0].contacts[0]["HasOptedOutOfEmail"] = True


def the_contact_is_unsubscribed(firm: Firm) -> None:
    firm[1].contacts[0]["email_address"]["permission_to_send"] = "unsubscribed"


def the_person_is_deleted(firm: Firm) -> None:
    firm[0].contacts.clear()  # type: ignore[attr-defined]


def a_list_is_there_twice(firm: Firm) -> None:
    firm[1].lists.append({"list_id": "l-2", "name": "Lettre"})  # type: ignore[attr-defined]


def the_list_is_renamed(firm: Firm) -> None:
    firm[0].lists[0]["Name"] = "Quarterly letter"


def no_id_is_written_back(firm: Firm) -> None:
    firm[0].contacts[0]["practifi__Constant_Contact_ID__c"] = None


def no_status_is_written_back(firm: Firm) -> None:
    firm[0].memberships[0]["CC_Bridge_Status__c"] = None


def test_nothing_differs_where_everything_is_as_demanded() -> None:
    assert not compare(*a_firm()).wrong


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (nobody_is_there, "ada@example.org: is not there"),
        (a_value_differs, "has the values of none of its people"),
        (the_list_is_left, "is not on 1 lists"),
        (a_membership_is_deleted, "is on 1 lists that nobody asks for"),
        (the_box_is_ticked, "may be mailed (implicit), although they opted out"),
        (the_contact_is_unsubscribed, "is unsubscribed, and nobody opted out"),
        (the_person_is_deleted, "nobody has it, and it is on a list"),
        (a_list_is_there_twice, "list 'Lettre': no record holds its id"),
        (the_list_is_renamed, "list 'Quarterly letter': there it is 'Letter'"),
        (no_id_is_written_back, "003A does not hold the id of the contact"),
        (no_status_is_written_back, "membership a02A shows None"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_difference_is_seen(change: Callable[[Firm], None], seen: str) -> None:
    firm = a_firm()
    change(firm)
    assert any(seen in sentence for sentence in compare(*firm).wrong)


def test_who_left_by_themselves_must_stay_unsubscribed() -> None:
    left = compare(*a_firm(), left_by_themselves=frozenset({"ada@example.org"}))
    assert left.wrong == [
        "ada@example.org: may be mailed (implicit), although they opted out",
    ]
