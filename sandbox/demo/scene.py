"""What the lines of the story share: the records made so far, and how to look at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.demo.stage import expect, present

if TYPE_CHECKING:
    from sandbox.demo.household import Person
    from sandbox.demo.stage import Stage

LIST = "practifi__Constant_Contact_List__c"
LIST_CC_ID = "practifi__Constant_Contact_List_ID__c"
MEMBERSHIP = "practifi__Constant_Contact_Membership__c"
CONTACT_CC_ID = "practifi__Constant_Contact_ID__c"
DO_NOT_EMAIL = "HasOptedOutOfEmail"
SUBSCRIBED, UNSUBSCRIBED, CONFIRMED = "Subscribed", "Unsubscribed", "Confirmed"
STATUS, REASON = "CC_Bridge_Status__c", "CC_Bridge_Status_Reason__c"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What the other system shows, and what was read to know it."""

    happened: str
    read: str = ""


@dataclass
class Scene:
    """What the lines played so far have left in both systems.

    Attributes:
        stage: The running services.
        list_id: Salesforce record of the list.
        cc_list_id: Its list in Constant Contact.
        accounts: Salesforce id of each household.
        contacts: Salesforce id of each person.
        memberships: Salesforce id of each person's membership.
    """

    stage: Stage
    list_id: str = ""
    cc_list_id: str = ""
    accounts: dict[str, str] = field(default_factory=dict)
    contacts: dict[Person, str] = field(default_factory=dict)
    memberships: dict[Person, str] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """Tell one thing that happened."""
        self.stage.narrator.say(text)

    def join(self, person: Person) -> None:
        """Save a person's membership of the list, and household and person if they are new."""
        salesforce = self.stage.salesforce
        if person.household not in self.accounts:
            account = salesforce.create("Account", {"Name": person.household})
            self.accounts[person.household] = account
        if person not in self.contacts:
            fields = person.as_contact(self.accounts[person.household])
            self.contacts[person] = salesforce.create("Contact", fields)
        lookups = {
            "practifi__Contact__c": self.contacts[person],
            "practifi__Constant_Contact_List__c": self.list_id,
        }
        self.memberships[person] = salesforce.create(MEMBERSHIP, lookups)

    def change(self, person: Person, **fields: object) -> None:
        """Save some fields of a person."""
        self.stage.salesforce.update("Contact", self.contacts[person], fields)

    def leave(self, person: Person) -> None:
        """Delete a person's membership of the list."""
        self.stage.salesforce.delete(MEMBERSHIP, self.memberships[person])

    def record(self, person: Person) -> dict[str, Any]:
        """Return the Salesforce record of a person."""
        return self.stage.salesforce.read("Contact", self.contacts[person])

    def contact(self, address: str) -> dict[str, Any]:
        """Return the Constant Contact contact of an address.

        Raises:
            NotYet: If there is none.
        """
        found = self.stage.constant_contact.find_contact(address)
        return present(found, f"Constant Contact has no contact {address}")

    def member(self, address: str) -> dict[str, Any]:
        """Return the contact of an address, which must be on the list.

        Raises:
            NotYet: If there is none, or it is not on the list.
        """
        found = self.contact(address)
        on_list = self.cc_list_id in found["list_memberships"]
        expect(on_list, f"{address} is not on the list there")
        return found

    def look_whether_quiet(self) -> None:
        """Look whether the bridge has been done with Constant Contact for a second.

        Raises:
            NotYet: If it has not.
        """
        calls = self.stage.control.bridge_calls()
        is_quiet = not calls or self.stage.control.now() - calls[-1].at > 1
        expect(is_quiet, "the bridge still calls Constant Contact")


def expect_status(record: dict[str, Any], status: str, *, of: str) -> None:
    """Expect that a Salesforce record shows this status of the bridge; else raise NotYet."""
    shown = record[STATUS]
    expect(shown == status, f"Salesforce shows the status '{shown}' of {of}, not '{status}'")


def permission(contact: dict[str, Any]) -> str:
    """Return whether the contact may be mailed, in the vendor's word."""
    return str(contact["email_address"].get("permission_to_send"))


def digits(phone: str) -> str:
    """Return the digits of a telephone number, in which both sides agree.

    >>> digits("+1 415 555 0199")
    '14155550199'
    """
    return "".join(filter(str.isdigit, phone))


def phones(contact: dict[str, Any]) -> set[str]:
    """Return the digits of the contact's telephone numbers."""
    return {digits(each["phone_number"]) for each in contact["phone_numbers"]}


def shows(contact: dict[str, Any], person: Person) -> bool:
    """Tell whether a contact has the values that the default mapping makes of a person."""
    return (
        contact.get("first_name") == person.first_name
        and contact.get("last_name") == person.last_name
        and contact.get("company_name") == person.household
        and phones(contact) == {digits(person.mobile)}
        and [each.get("city") for each in contact["street_addresses"]] == [person.city]
    )
