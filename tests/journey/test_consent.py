"""Who may be mailed: opting out, coming back, and what must never make anybody mailable."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.journey.firm import MEMBERSHIP, TICKED, UNTICKED

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA = "ada@example.org"
BOTH = "family@example.org"


@pytest.fixture(params=[False, True], ids=["lists stay", "opting out strips lists"])
def strips(request: pytest.FixtureRequest, firm: Firm) -> bool:
    """Both ways in which an account may treat the lists of somebody who is unsubscribed."""
    firm.policy(opt_out_strips_lists=request.param)
    return bool(request.param)


def opted_out_by(firm: Firm, email: str) -> str:
    return str(firm.there(email)["email_address"]["opt_out_source"])


# The firm's own opt-out


@pytest.mark.usefixtures("strips")
def test_a_tick_unsubscribes_and_an_untick_subscribes_again_on_its_lists(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    firm.tick(person)
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert opted_out_by(firm, ADA) == "Account"
    assert firm.status(person) == ("Unsubscribed", "Do Not Email is ticked")
    firm.untick(person)
    firm.settle()
    assert firm.permission(ADA) == "implicit"
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}
    assert firm.status(person) == ("Subscribed", None)


def test_a_tick_and_an_untick_are_in_the_ledger_from_seen_to_confirmed(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    firm.tick(person)
    firm.settle()
    firm.untick(person)
    firm.settle()
    told = [(entry["side"], entry["change"], entry["stage"]) for entry in firm.ledger()]
    assert told == [
        ("practifi", "ticked", "seen"),
        ("constant_contact", "opted_out", "sent"),
        ("constant_contact", "opted_out", "confirmed"),
        ("practifi", "unticked", "seen"),
        ("constant_contact", "opted_in", "sent"),
        ("constant_contact", "opted_in", "confirmed"),
    ]
    ticked, sent, confirmed, unticked, back, done = firm.ledger()
    assert {sent["about_seq"], confirmed["about_seq"]} == {ticked["seq"]}
    assert {back["about_seq"], done["about_seq"]} == {unticked["seq"]}
    assert ticked["user_id"] == unticked["user_id"] is not None


def test_a_tick_and_an_untick_before_the_bridge_looks_change_nothing_there(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    firm.tick(person)
    firm.untick(person)
    firm.settle()
    assert firm.permission(ADA) == "implicit"
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}
    assert firm.status(person) == ("Subscribed", None)


def test_a_sharer_s_tick_stops_the_mail_to_both_and_says_so(firm: Firm) -> None:
    letter = firm.new_list()
    edith, walter = firm.member(BOTH, letter), firm.member(BOTH, letter)
    firm.settle()
    firm.tick(edith)
    firm.settle()
    assert firm.permission(BOTH) == "unsubscribed"
    assert firm.status(edith) == ("Unsubscribed", "Do Not Email is ticked")
    status, reason = firm.status(walter)
    assert status == "Unsubscribed"
    assert reason == "Do Not Email is ticked for another contact at this address"


def test_an_untick_does_not_subscribe_while_the_other_sharer_is_ticked(firm: Firm) -> None:
    letter = firm.new_list()
    edith, walter = firm.member(BOTH, letter), firm.member(BOTH, letter)
    firm.settle()
    firm.tick(edith)
    firm.tick(walter)
    firm.settle()
    firm.untick(edith)
    firm.settle()
    assert firm.permission(BOTH) == "unsubscribed"
    firm.untick(walter)
    firm.settle()
    assert firm.permission(BOTH) == "implicit"
    assert firm.lists_of(BOTH) == {firm.cc_list_id(letter)}


def test_a_tick_on_somebody_nobody_linked_unsubscribes_the_contact_there(firm: Firm) -> None:
    person = firm.person("sven@example.com")
    firm.settle()
    assert firm.permission("sven@example.com") == "explicit"
    firm.tick(person)
    firm.settle()
    assert firm.permission("sven@example.com") == "unsubscribed"


def test_a_person_who_is_ticked_from_the_start_is_unsubscribed_there(firm: Firm) -> None:
    firm.person("sven@example.com", **TICKED)
    firm.settle()
    assert firm.permission("sven@example.com") == "unsubscribed"


def test_a_ticked_person_with_a_membership_is_not_created(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list(), **TICKED)
    firm.settle()
    assert firm.all_there(ADA) == []
    assert firm.status(person) == ("Not sent", "Do Not Email is ticked")


def test_a_person_who_was_ticked_from_the_start_joins_once_unticked(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter, **TICKED)
    firm.settle()
    firm.untick(person)
    firm.settle()
    assert firm.permission(ADA) == "implicit"
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}


@pytest.mark.usefixtures("strips")
def test_what_happens_to_memberships_while_unsubscribed_is_so_after_coming_back(firm: Firm) -> None:
    first, second, third = firm.new_list("One"), firm.new_list("Two"), firm.new_list("Three")
    person = firm.person(ADA)
    gone = firm.join(person, first)
    firm.join(person, second)
    firm.settle()
    firm.tick(person)
    firm.settle()
    firm.delete(MEMBERSHIP, gone)
    firm.join(person, third)
    firm.settle(deletes=True)
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.cc_list_id(third) not in firm.lists_of(ADA)
    firm.untick(person)
    firm.settle()
    assert firm.lists_of(ADA) == {firm.cc_list_id(second), firm.cc_list_id(third)}


def test_a_name_still_follows_while_unsubscribed(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    firm.tick(person)
    firm.settle()
    firm.change(person, LastName="Lovelace")
    firm.settle()
    assert firm.there(ADA)["last_name"] == "Lovelace"
    assert firm.permission(ADA) == "unsubscribed"


def test_an_unsubscribe_goes_through_where_the_vendor_refuses_details(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list(), FirstName="T.J.")
    firm.settle()
    firm.policy(first_name_refuses_periods=True)
    firm.tick(person)
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.status(person) == ("Unsubscribed", "Do Not Email is ticked")


# A person's own opt-out


@pytest.mark.usefixtures("strips")
def test_a_person_s_own_opt_out_is_never_reversed_by_a_save(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list(), FirstName="Ada")
    firm.settle()
    firm.unsubscribes(ADA)
    firm.change(person, FirstName="Augusta", MobilePhone="+1 415 555 0103")
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert opted_out_by(firm, ADA) == "Contact"
    status, reason = firm.status(person)
    assert status == "Unsubscribed"
    assert reason == f"Unsubscribed by the person on {datetime.now(UTC):%Y-%m-%d}"  # noqa: TID251
    assert firm.record("Contact", person)["HasOptedOutOfEmail"] is False


@pytest.mark.usefixtures("strips")
def test_a_person_s_own_opt_out_is_never_reversed_by_a_membership(firm: Firm) -> None:
    letter, other = firm.new_list(), firm.new_list("Invitations")
    person = firm.member(ADA, letter)
    firm.settle()
    firm.unsubscribes(ADA)
    membership = firm.join(person, other)
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.cc_list_id(other) not in firm.lists_of(ADA)
    assert firm.membership_status(membership)[0] == "Not sent"


def test_a_person_s_own_opt_out_is_never_reversed_by_a_replay(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    firm.tick(person)
    firm.settle()
    firm.untick(person)
    firm.settle()
    firm.unsubscribes(ADA)
    firm.bridge.rows(
        "UPDATE notification SET state = 'received', reason = NULL, finished_at = NULL "
        "RETURNING seq"
    )
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"


def test_a_person_s_own_opt_out_is_never_reversed_by_a_new_sharer(firm: Firm) -> None:
    letter = firm.new_list()
    firm.member(ADA, letter)
    firm.settle()
    firm.unsubscribes(ADA)
    newcomer = firm.member(ADA, letter)
    firm.join(newcomer, firm.new_list("Invitations"))
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.status(newcomer)[0] == "Unsubscribed"


def test_a_person_s_own_opt_out_is_never_reversed_by_deletion_and_creation(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    firm.unsubscribes(ADA)
    firm.change(person, FirstName="Ada")
    firm.settle()
    firm.delete("Contact", person)
    firm.settle(deletes=True)
    again = firm.member(ADA, letter)
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.status(again)[0] == "Unsubscribed"


def test_a_person_s_own_opt_out_survives_the_contact_s_deletion_there(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    firm.unsubscribes(ADA)
    firm.change(person, FirstName="Ada")
    firm.settle()
    firm.remove(f"/contacts/{firm.there(ADA)['contact_id']}")
    firm.join(person, firm.new_list("Invitations"))
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.lists_of(ADA) == set()


def test_an_opt_out_goes_along_to_a_new_address_and_stays_on_the_old(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member("old@example.org", letter)
    firm.settle()
    firm.unsubscribes("old@example.org")
    firm.change(person, FirstName="Ada")
    firm.settle()
    firm.change(person, Email="new@example.org")
    firm.settle()
    assert {
        each["email_address"]["permission_to_send"] for each in firm.all_there("new@example.org")
    } <= {"unsubscribed"}
    other = firm.member("old@example.org", letter)
    firm.settle()
    assert (
        firm.all_there("old@example.org") == []
        or firm.permission("old@example.org") == "unsubscribed"
    )
    assert firm.status(other)[0] in {"Unsubscribed", "Not sent"}
    assert firm.status(person)[0] in {"Unsubscribed", "Not sent"}


def test_an_opt_out_follows_to_an_address_that_is_mailable_there(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    firm.unsubscribes(ADA)
    firm.change(person, FirstName="Ada")
    firm.settle()
    assert firm.permission("sven@example.com") == "explicit"
    firm.change(person, Email="sven@example.com")
    firm.settle()
    assert firm.permission("sven@example.com") == "unsubscribed"


def test_an_opt_out_is_seen_even_when_the_address_changes_before_anybody_looked(firm: Firm) -> None:
    person = firm.member("old@example.org", firm.new_list())
    firm.settle()
    firm.unsubscribes("old@example.org")
    firm.change(person, Email="new@example.org")
    firm.settle()
    assert firm.permission("new@example.org") == "unsubscribed"
    assert firm.status(person)[0] == "Unsubscribed"


def test_an_opt_out_at_a_shared_address_goes_along_with_whoever_leaves_it(firm: Firm) -> None:
    """Nobody has looked since, and the other sharer's contact stays as it is."""
    letter = firm.new_list()
    edith = firm.member(BOTH, letter)
    firm.member(BOTH, letter)
    firm.settle()
    firm.unsubscribes(BOTH)
    firm.change(edith, Email=ADA)
    firm.settle()
    assert firm.all_there(ADA) == []
    assert firm.status(edith)[0] == "Not sent"
    assert firm.permission(BOTH) == "unsubscribed"


def test_what_the_firm_did_there_goes_along_with_whoever_leaves_a_shared_address(
    firm: Firm,
) -> None:
    letter = firm.new_list()
    edith = firm.member(BOTH, letter)
    firm.member(BOTH, letter)
    firm.settle()
    email = {"address": BOTH, "permission_to_send": "unsubscribed"}
    firm.put(firm.there(BOTH), email_address=email)
    firm.change(edith, FirstName="Edith")
    firm.settle()
    firm.change(edith, Email=ADA)
    firm.settle()
    assert firm.all_there(ADA) == []
    assert firm.status(edith)[0] == "Not sent"


def test_what_the_firm_did_there_is_theirs_who_had_the_address_before_a_ticked_sharer_came(
    firm: Firm,
) -> None:
    """The tick is recorded first; that the contact was unsubscribed before is not its doing."""
    letter = firm.new_list()
    ada = firm.member(ADA, letter)
    edith = firm.member(BOTH, letter)
    firm.settle()
    email = {"address": ADA, "permission_to_send": "unsubscribed"}
    firm.put(firm.there(ADA), email_address=email)
    firm.change(edith, Email=ADA, **TICKED)
    firm.settle()
    firm.change(ada, Email="ada.moran@example.org")
    firm.settle()
    assert firm.all_there("ada.moran@example.org") == []
    assert firm.status(ada)[0] == "Not sent"


def test_a_tick_alone_is_not_of_a_sharer_who_leaves(firm: Firm) -> None:
    letter = firm.new_list()
    ada = firm.member(BOTH, letter)
    edith = firm.member(BOTH, letter)
    firm.settle()
    firm.tick(edith)
    firm.settle()
    firm.change(ada, Email=ADA)
    firm.settle()
    assert firm.permission(ADA) == "implicit"
    assert firm.permission(BOTH) == "unsubscribed"


def test_an_opt_out_that_nobody_had_seen_stays_on_the_former_address(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member("old@example.org", letter)
    firm.settle()
    firm.unsubscribes("old@example.org")
    firm.change(person, Email="new@example.org")
    firm.settle()
    other = firm.member("old@example.org", letter)
    firm.settle()
    assert firm.all_there("old@example.org") == []
    assert firm.status(other)[0] == "Not sent"


def test_swapped_addresses_make_nobody_mailable(firm: Firm) -> None:
    letter = firm.new_list()
    ada, bert = firm.member(ADA, letter), firm.member("bert@example.org", letter)
    firm.settle()
    firm.unsubscribes(ADA)
    firm.change(ada, FirstName="Ada")
    firm.settle()
    firm.change(ada, Email="bert@example.org")
    firm.change(bert, Email=ADA)
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.permission("bert@example.org") == "unsubscribed"


@pytest.mark.usefixtures("strips")
def test_tick_save_untick_save_lifts_a_person_s_own_opt_out_at_once(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    firm.unsubscribes(ADA)
    firm.change(person, FirstName="Ada")
    firm.settle()
    firm.tick(person)
    firm.settle()
    assert opted_out_by(firm, ADA) == "Contact"
    firm.untick(person)
    firm.settle()
    assert firm.permission(ADA) == "explicit"
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}
    entries = firm.ledger()
    untick = next(entry for entry in entries if entry["change"] == "unticked")
    status, reason = firm.status(person)
    assert status == "Subscribed"
    assert reason is not None
    assert reason.startswith(f"Unticked by {untick['user_id']} on ")
    assert reason.endswith(" UTC; evidence outstanding")
    lifted = [entry for entry in entries if entry["change"] == "opted_in"]
    assert {entry["about_seq"] for entry in lifted} == {untick["seq"]}
    [request] = firm.bridge.rows("SELECT * FROM resubscription")
    assert (request["state"], request["policy"]) == ("confirmed", "practifi")
    assert request["evidence_due_at"] is not None
    assert request["evidence_at"] is None


def test_tick_and_untick_in_quick_succession_lift_a_person_s_own_opt_out(firm: Firm) -> None:
    """Both saves arrive with the box clear: the stamp of the org proves the tick."""
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    firm.unsubscribes(ADA)
    firm.change(person, FirstName="Ada")
    firm.settle()
    firm.tick(person)
    firm.untick(person)
    firm.settle()
    assert firm.permission(ADA) == "explicit"
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}


def test_an_untick_without_a_tick_before_it_lifts_nothing(firm: Firm) -> None:
    """A first sight of a clear box is no untick."""
    firm.unsubscribes("sven@example.com")
    person = firm.member("sven@example.com", firm.new_list(), **UNTICKED)
    firm.settle()
    assert firm.permission("sven@example.com") == "unsubscribed"
    assert firm.status(person)[0] == "Unsubscribed"


def test_a_person_who_unsubscribes_after_the_untick_stays_unsubscribed(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    firm.tick(person)
    firm.settle()
    firm.untick(person)
    firm.settle()
    assert firm.permission(ADA) == "implicit"
    firm.unsubscribes(ADA)
    firm.change(person, FirstName="Ada")
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"


def test_an_untick_by_the_bridge_s_own_user_lifts_nothing(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    firm.tick(person)
    firm.settle()
    path = f"/services/data/v66.0/sobjects/Contact/{person}"
    assert firm.sandbox.salesforce("PATCH", path, UNTICKED, by="bridge").ok
    firm.change(person, FirstName="Ada")
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"


def test_many_unticks_at_once_of_people_who_opted_out_themselves_are_held(firm: Firm) -> None:
    letter = firm.new_list()
    addresses = [f"p{number}@example.org" for number in range(13)]
    people = [firm.member(address, letter) for address in addresses]
    firm.settle()
    for address, person in zip(addresses, people, strict=True):
        firm.unsubscribes(address)
        firm.tick(person)
    firm.settle()
    for person in people:
        firm.untick(person)
    firm.settle()
    back = sum(firm.permission(address) != "unsubscribed" for address in addresses)
    assert back <= 10
    held = firm.bridge.rows("SELECT count(*) AS n FROM resubscription WHERE state = 'held'")
    assert held[0]["n"] == len(addresses) - back


def waits(firm: Firm, permission: str) -> None:
    """Somebody entered the address by hand, with a permission that is not for us to give."""
    address = {"address": ADA, "permission_to_send": permission}
    firm.post("/contacts", email_address=address, create_source="Account")


@pytest.mark.parametrize("permission", ["pending_confirmation", "temp_hold"])
def test_a_permission_that_waits_is_not_written_over_by_a_list_or_a_name(
    firm: Firm, permission: str
) -> None:
    waits(firm, permission)
    letter = firm.new_list()
    person = firm.member(ADA, letter, FirstName="Ada")
    firm.settle()
    firm.change(person, FirstName="Augusta")
    other = firm.new_list("Invitations")
    left = firm.join(person, other)
    firm.settle()
    firm.delete(MEMBERSHIP, left)
    firm.settle(deletes=True)
    there = firm.there(ADA)
    assert there["email_address"]["permission_to_send"] == permission
    assert there["first_name"] == "Augusta"
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}
    assert firm.status(person)[0] == "Not mailable yet"


@pytest.mark.parametrize("permission", ["pending_confirmation", "temp_hold"])
def test_a_permission_that_waits_is_not_written_over_by_an_untick(
    firm: Firm, permission: str
) -> None:
    person = firm.person(ADA, **TICKED)
    firm.settle()
    waits(firm, permission)
    firm.untick(person)
    firm.join(person, firm.new_list())
    firm.settle()
    assert firm.permission(ADA) == permission


@pytest.mark.parametrize("permission", ["pending_confirmation", "temp_hold"])
def test_a_tick_unsubscribes_even_where_a_permission_waits(firm: Firm, permission: str) -> None:
    waits(firm, permission)
    person = firm.person(ADA)
    firm.settle()
    firm.tick(person)
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"


def test_a_message_alone_lifts_nothing(firm: Firm) -> None:
    """Whoever knows the endpoint can claim that the box is clear: Salesforce is asked."""
    letter = firm.new_list()
    person = firm.member(ADA, letter, FirstName="Ada")
    firm.settle()
    firm.tick(person)
    firm.settle()
    record = firm.record("Contact", person)
    tomorrow = "2099-01-01T00:00:00.000Z"
    told = {
        name: value
        for name, value in record.items()
        if isinstance(value, str) and not name.endswith("__c") and name != "Id"
    } | {
        "SystemModstamp": tomorrow,
        "HasOptedOutOfEmail": "false",
        "CC_Bridge_Unticked_At__c": tomorrow,
    }
    fields = "".join(f"<sf:{name}>{value}</sf:{name}>" for name, value in sorted(told.items()))
    organization = firm.sandbox.line["organization_id"]
    body = (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
        '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
        f"<OrganizationId>{organization}</OrganizationId><ActionId>04k5g000000PAaAAAW</ActionId>"
        "<Notification><Id>04l5g00000ForgedAAA</Id>"
        '<sObject xsi:type="sf:Contact" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
        f"<sf:Id>{person}</sf:Id>{fields}</sObject></Notification></notifications>"
        "</soapenv:Body></soapenv:Envelope>"
    )
    answer = firm.sandbox.session.post(
        firm.bridge.url, data=body.encode(), headers={"Content-Type": "text/xml; charset=utf-8"}
    )
    assert answer.status_code == 200, answer.text
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.status(person) == ("Unsubscribed", "Do Not Email is ticked")
