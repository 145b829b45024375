"""Lines 1 to 5: save in Salesforce, then read what the other system shows.

Every look reads anew through the API of the service; nothing that the bridge says about itself
counts as a proof.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.demo.household import (
    EDITH,
    INES,
    NEW_MOBILE,
    NEW_SURNAME,
    OWN_ADDRESS,
    SHARED_ADDRESS,
    WALTER,
    Person,
)
from sandbox.demo.scene import (
    CONFIRMED,
    CONTACT_CC_ID,
    DO_NOT_EMAIL,
    LIST,
    LIST_CC_ID,
    MEMBERSHIP,
    REASON,
    SUBSCRIBED,
    UNSUBSCRIBED,
    Proof,
    digits,
    expect_status,
    permission,
    phones,
    shows,
)
from sandbox.demo.stage import expect, present

if TYPE_CHECKING:
    from sandbox.demo.scene import Scene

_FIRST_NAME, _LIST_NAME = "Quarterly letter", "Quarterly letter to clients"
_FIELD_LABEL, _FIELD_VALUE, _ANNIVERSARY = "Golf handicap", "14", "2006-11-15"


def list_is_made_and_renamed(scene: Scene) -> Proof:
    """Line 1: a list record makes the list there; its id comes back; a rename follows."""
    salesforce, constant_contact = scene.stage.salesforce, scene.stage.constant_contact
    scene.list_id = salesforce.create(LIST, {"Name": _FIRST_NAME})
    scene.say(f"Salesforce: list {scene.list_id} saved as '{_FIRST_NAME}'")

    def made() -> str:
        absent = f"Constant Contact has no list '{_FIRST_NAME}'"
        found = str(present(constant_contact.find_list(_FIRST_NAME), absent)["list_id"])
        written = salesforce.read(LIST, scene.list_id)[LIST_CC_ID]
        expect(written == found, f"Salesforce shows {written} as the id of the list {found}")
        return found

    scene.cc_list_id = scene.stage.until(made)
    scene.say(f"Constant Contact: list {scene.cc_list_id}, its id written back")
    salesforce.update(LIST, scene.list_id, {"Name": _LIST_NAME})
    scene.say(f"Salesforce: renamed to '{_LIST_NAME}'")

    def renamed() -> None:
        gone = f"Constant Contact has no list {scene.cc_list_id}"
        name = present(constant_contact.read_list(scene.cc_list_id), gone)["name"]
        expect(name == _LIST_NAME, f"Constant Contact calls the list '{name}'")

    scene.stage.until(renamed)
    return Proof(
        happened="list made, its id written back, then renamed there",
        read="Constant Contact: the list; Salesforce: the list's Constant Contact ID",
    )


def household_joins(scene: Scene) -> Proof:
    """Line 2: memberships of three people, two of whom share an address, make two contacts."""
    salesforce = scene.stage.salesforce
    for person in (EDITH, WALTER, INES):
        scene.join(person)
    scene.say("Salesforce: Edith, Walter (one address) and Ines saved, each with a membership")

    def joined() -> None:
        shared, own = scene.member(SHARED_ADDRESS), scene.member(OWN_ADDRESS)
        expect(shows(own, INES), "Ines's contact there does not have her values")
        sent = shows(shared, EDITH) or shows(shared, WALTER)
        expect(sent, "the shared contact there has the values of neither sharer")
        for person, there in ((EDITH, shared), (WALTER, shared), (INES, own)):
            record = scene.record(person)
            written = record[CONTACT_CC_ID] == there["contact_id"]
            expect(written, f"Salesforce lacks the id of {person.first_name}'s contact")
            expect_status(record, SUBSCRIBED, of=person.first_name)
            membership = salesforce.read(MEMBERSHIP, scene.memberships[person])
            expect_status(membership, CONFIRMED, of=f"{person.first_name}'s membership")

    scene.stage.until(joined)
    return Proof(
        happened="two contacts made on the list for three people, values by the mapping; ids "
        "and status written back to all three and their memberships",
        read="Constant Contact: both contacts; Salesforce: ids and status of all three",
    )


def contact_changes(scene: Scene) -> Proof:
    """Line 3: a surname and a phone follow; what the bridge does not map stays as it was."""
    constant_contact = scene.stage.constant_contact
    # A write of the bridge that is under way could put back what is put there now: the vendor's
    # API knows no conditional write.
    scene.stage.until(scene.look_whether_quiet)
    before = scene.stage.until(lambda: scene.member(OWN_ADDRESS))
    unmapped = {
        "custom_field_id": constant_contact.create_custom_field(_FIELD_LABEL),
        "value": _FIELD_VALUE,
    }
    fields = [*before["custom_fields"], unmapped]
    constant_contact.replace_contact(
        before | {"custom_fields": fields, "anniversary": _ANNIVERSARY}
    )
    scene.say(f"Constant Contact: '{_FIELD_LABEL}' and an anniversary put on Ines's contact")
    scene.change(INES, LastName=NEW_SURNAME, MobilePhone=NEW_MOBILE)
    scene.say(f"Salesforce: Ines's surname is {NEW_SURNAME} now, her phone {NEW_MOBILE}")

    def followed() -> None:
        now = scene.member(OWN_ADDRESS)
        surname, numbers = now.get("last_name"), phones(now)
        expect(surname == NEW_SURNAME, f"Constant Contact shows the surname {surname}")
        expect(numbers == {digits(NEW_MOBILE)}, f"Constant Contact shows the phones {numbers}")
        kept = [each.get("value") for each in now["custom_fields"]]
        expect(_FIELD_VALUE in kept, f"'{_FIELD_LABEL}' is gone there")
        expect(now.get("anniversary") == _ANNIVERSARY, "the anniversary is gone there")

    scene.stage.until(followed)
    return Proof(
        happened="surname and phone changed there; a custom field and an anniversary that the "
        "bridge does not map are still there",
        read="Constant Contact: the contact, its phones and custom fields",
    )


def opt_out_and_back(scene: Scene) -> Proof:
    """Line 4: a tick unsubscribes and the other sharer's status says so; an untick undoes it."""
    scene.change(EDITH, **{DO_NOT_EMAIL: True})
    scene.say("Salesforce: Do Not Email ticked for Edith")

    def opted_out() -> str:
        word = permission(scene.contact(SHARED_ADDRESS))
        expect(word == "unsubscribed", f"Constant Contact has the permission '{word}'")
        expect_status(scene.record(EDITH), UNSUBSCRIBED, of="Edith")
        sharer = scene.record(WALTER)
        expect_status(sharer, UNSUBSCRIBED, of="Walter")
        return str(present(sharer[REASON], "Salesforce shows Walter's status without a reason"))

    reason = scene.stage.until(opted_out)
    scene.say(f"Constant Contact: unsubscribed; Salesforce says of Walter: {reason}")
    scene.change(EDITH, **{DO_NOT_EMAIL: False})
    scene.say("Salesforce: Do Not Email unticked")

    def came_back() -> None:
        word = permission(scene.member(SHARED_ADDRESS))
        expect(word != "unsubscribed", "Constant Contact still has the address unsubscribed")
        for person in (EDITH, WALTER):
            expect_status(scene.record(person), SUBSCRIBED, of=person.first_name)

    scene.stage.until(came_back)
    return Proof(
        happened="unsubscribed there, and the other sharer's status says so; then subscribed "
        "again, on its list, both statuses as before",
        read="Constant Contact: the shared contact; Salesforce: status of both sharers",
    )


def memberships_are_deleted(scene: Scene) -> Proof:
    """Line 5: who loses a membership leaves the list there, a shared address with the last one."""

    def delete(person: Person) -> None:
        scene.leave(person)
        scene.say(f"Salesforce: {person.first_name}'s membership deleted")

    def left(address: str) -> None:
        lists = scene.contact(address)["list_memberships"]
        expect(scene.cc_list_id not in lists, f"{address} is still on the list there")

    delete(EDITH)
    delete(INES)
    scene.stage.until(lambda: left(OWN_ADDRESS))
    scene.stage.until(lambda: scene.member(SHARED_ADDRESS))
    scene.say("Constant Contact: Ines is off the list; the shared contact stays, for Walter")
    delete(WALTER)
    scene.stage.until(lambda: left(SHARED_ADDRESS))
    return Proof(
        happened="off the list there; the shared contact stayed for the other sharer and left "
        "with the last membership",
        read="Constant Contact: list memberships of both contacts",
    )
