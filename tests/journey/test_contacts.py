"""People of a household and their contacts in Constant Contact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journey.firm import LIST, MEMBERSHIP

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA = "ada@example.org"
BOTH = "family@example.org"


def test_three_people_of_whom_two_share_an_address_become_two_contacts(firm: Firm) -> None:
    letter = firm.new_list()
    edith = firm.member(BOTH, letter, FirstName="Edith")
    walter = firm.member(BOTH.upper(), letter, FirstName="Walter")
    ines = firm.member(ADA, letter, FirstName="Ines", MobilePhone="+1 415 555 0103")
    firm.settle()
    there = firm.cc_list_id(letter)
    assert firm.lists_of(BOTH) == firm.lists_of(ADA) == {there}
    assert firm.there(ADA)["first_name"] == "Ines"
    assert firm.cc_contact_id(ines) == firm.there(ADA)["contact_id"]
    assert firm.cc_contact_id(edith) == firm.cc_contact_id(walter) == firm.there(BOTH)["contact_id"]
    assert {firm.status(each) for each in (edith, walter, ines)} == {("Subscribed", None)}
    assert {row["state"] for row in firm.notifications()} <= {"done", "superseded"}


def test_new_contacts_are_implicit_and_made_by_the_account(firm: Firm) -> None:
    firm.member(ADA, firm.new_list())
    firm.settle()
    made = firm.there(ADA)
    assert made["email_address"]["permission_to_send"] == "implicit"
    assert made["create_source"] == "Account"


def test_a_person_without_a_membership_is_not_created(firm: Firm) -> None:
    firm.person(ADA)
    firm.settle()
    assert firm.all_there(ADA) == []


def test_the_list_record_says_how_many_members_are_confirmed(firm: Firm) -> None:
    letter = firm.new_list()
    firm.settle()
    firm.member(ADA, letter)
    firm.member("bert@example.org", letter)
    firm.settle()
    assert firm.record(LIST, letter)["CC_Bridge_Members_Confirmed__c"] == 2


def test_fields_that_are_not_mapped_survive_a_change(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter, FirstName="Ada", MobilePhone="+1 415 555 0103")
    firm.settle()
    golf = firm.post("/contact_custom_fields", label="Golf handicap", type="string")
    there = firm.there(ADA)
    value = {"custom_field_id": golf["custom_field_id"], "value": "14"}
    firm.put(
        there,
        anniversary="2006-11-15",
        custom_fields=[*there["custom_fields"], value],
        phone_numbers=[
            *(
                {"phone_number": p["phone_number"], "kind": p["kind"]}
                for p in there["phone_numbers"]
            ),
            {"phone_number": "+1 415 555 0177", "kind": "other"},
        ],
        street_addresses=[{"kind": "work", "street": "1 Dock Road", "city": "Camden"}],
        notes=[{"content": "met at the fair"}],
    )
    firm.change(person, LastName="Moran-Adeyemi", MobilePhone="+1 415 555 0199")
    firm.settle()
    now = firm.there(ADA)
    assert now["last_name"] == "Moran-Adeyemi"
    assert {(p["kind"], p["phone_number"][-4:]) for p in now["phone_numbers"]} == {
        ("mobile", "0199"),
        ("other", "0177"),
    }
    assert now["anniversary"] == "2006-11-15"
    assert "14" in [field.get("value") for field in now["custom_fields"]]
    assert [(a["kind"], a["street"]) for a in now["street_addresses"]] == [("work", "1 Dock Road")]
    assert [note["content"] for note in now["notes"]] == ["met at the fair"]


def test_a_field_that_is_emptied_in_practifi_is_emptied_there(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list(), FirstName="Ada", MobilePhone="+1 415 555 0103")
    firm.settle()
    firm.change(person, MobilePhone=None, FirstName=None)
    firm.settle()
    now = firm.there(ADA)
    assert now.get("first_name") is None
    assert now["phone_numbers"] == []


def test_the_client_s_new_name_reaches_its_people(firm: Firm) -> None:
    account = firm.create("Account", Name="Moran Household")
    firm.member(ADA, firm.new_list(), AccountId=account)
    firm.settle()
    assert firm.there(ADA)["company_name"] == "Moran Household"
    firm.save("Account", account, Name="Adeyemi Household")
    firm.settle()
    assert firm.there(ADA)["company_name"] == "Adeyemi Household"


def test_a_save_that_changes_nothing_mapped_writes_nothing(firm: Firm) -> None:
    person = firm.member(ADA, firm.new_list())
    firm.settle()
    before = firm.writes()
    firm.change(person, Department="Engines")
    firm.settle()
    assert firm.writes() == before


def test_the_owner_s_fields_are_sent_and_stay_until_the_owner_leaves_the_address(
    firm: Firm,
) -> None:
    letter = firm.new_list()
    first = firm.member(BOTH, letter, FirstName="Edith")
    firm.settle()
    firm.member(BOTH, letter, FirstName="Walter")
    firm.settle()
    assert firm.there(BOTH)["first_name"] == "Edith"
    firm.change(first, Email=ADA)
    firm.settle()
    assert firm.there(BOTH)["first_name"] == "Walter"
    assert firm.there(ADA)["first_name"] == "Edith"
    assert firm.lists_of(BOTH) == firm.lists_of(ADA) == {firm.cc_list_id(letter)}


def test_a_contact_that_is_there_already_is_linked_and_keeps_its_permission(firm: Firm) -> None:
    letter = firm.new_list()
    before = firm.there("sven@example.com")
    person = firm.member("Sven@Example.com", letter, FirstName="Sven")
    firm.settle()
    now = firm.there("sven@example.com")
    assert now["contact_id"] == before["contact_id"] == firm.cc_contact_id(person)
    assert now["email_address"]["permission_to_send"] == "explicit"
    assert set(now["list_memberships"]) == {*before["list_memberships"], firm.cc_list_id(letter)}


def test_a_person_without_an_address_is_told_so(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.person(None)
    membership = firm.join(person, letter)
    firm.settle()
    said = ("Not sent", "No e-mail address in Practifi")
    assert firm.status(person) == said
    assert firm.membership_status(membership) == said
    assert {row["state"] for row in firm.notifications()} <= {"done", "superseded"}


def test_a_person_who_gets_an_address_later_goes_to_the_list(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.person(None)
    membership = firm.join(person, letter)
    firm.settle()
    firm.change(person, Email=ADA)
    firm.settle()
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}
    assert firm.status(person) == ("Subscribed", None)
    assert firm.membership_status(membership) == ("Confirmed", None)


def test_a_person_whose_address_is_removed_leaves_the_list_and_is_told_so(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    firm.change(person, Email=None)
    firm.settle()
    assert firm.lists_of(ADA) == set()
    assert firm.status(person) == ("Not sent", "No e-mail address in Practifi")


def test_a_membership_of_somebody_else_s_old_save_waits_for_its_list(firm: Firm) -> None:
    """The list is refused: its members wait and say so, and nothing of them is created."""
    firm.new_list("Taken")
    second = firm.new_list("Taken")
    person = firm.member(ADA, second)
    firm.settle()
    assert firm.all_there(ADA) == []
    assert firm.status(person) == ("Waiting", "the list is not in Constant Contact yet")


def test_a_deleted_contact_there_comes_back_with_its_lists(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    contact_id = firm.there(ADA)["contact_id"]
    firm.remove(f"/contacts/{contact_id}")
    firm.change(person, FirstName="Ada")
    firm.settle()
    now = firm.there(ADA)
    assert now["contact_id"] == contact_id
    assert "deleted_at" not in now
    assert now["list_memberships"] == [firm.cc_list_id(letter)]


def test_a_hidden_contact_is_found_instead_of_created_anew(firm: Firm) -> None:
    """Hal was deleted there long ago: his address is taken, and no default query shows him."""
    hidden = firm.there("hal.pereira@example.com")
    assert hidden["deleted_at"]
    letter = firm.new_list()
    person = firm.member("hal.pereira@example.com", letter)
    firm.settle()
    now = firm.there("hal.pereira@example.com")
    assert now["contact_id"] == hidden["contact_id"] == firm.cc_contact_id(person)
    assert now["list_memberships"] == [firm.cc_list_id(letter)]


def test_a_value_that_the_mapping_cannot_convert_becomes_a_dead_letter_with_its_field(
    firm: Firm,
) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter, MobilePhone="9" * 40)
    firm.settle()
    dead = [row for row in firm.notifications() if row["state"] == "dead"]
    assert person in {row["record_id"] for row in dead}
    assert all("MobilePhone" in row["reason"] for row in dead)
    status, reason = firm.status(person)
    assert status == "Not sent"
    assert "MobilePhone" in str(reason)
    assert firm.all_there(ADA) == []


def test_a_dead_letter_s_record_goes_through_once_it_is_mended(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter, MobilePhone="9" * 40)
    firm.settle()
    firm.change(person, MobilePhone="+1 415 555 0103")
    firm.settle()
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}
    assert firm.status(person) == ("Subscribed", None)


def test_one_sharer_s_broken_record_does_not_hold_up_the_other(firm: Firm) -> None:
    letter = firm.new_list()
    broken = firm.member(BOTH, letter, FirstName="Edith", MobilePhone="9" * 40)
    whole = firm.member(BOTH, letter, FirstName="Walter")
    firm.settle()
    assert firm.there(BOTH)["first_name"] == "Walter"
    assert firm.status(whole) == ("Subscribed", None)
    assert firm.status(broken)[0] == "Not sent"


# Deletions


def test_a_deleted_membership_takes_the_person_off_the_list(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.person(ADA)
    membership = firm.join(person, letter)
    firm.settle()
    firm.delete(MEMBERSHIP, membership)
    firm.settle(deletes=True)
    assert firm.lists_of(ADA) == set()
    assert firm.status(person)[0] == "Not on a list"


def test_a_deleted_membership_stays_on_the_list_there_while_a_sharer_is_on_it(firm: Firm) -> None:
    letter = firm.new_list()
    first, second = firm.person(BOTH), firm.person(BOTH)
    one, other = firm.join(first, letter), firm.join(second, letter)
    firm.settle()
    there = firm.cc_list_id(letter)
    firm.delete(MEMBERSHIP, one)
    firm.settle(deletes=True)
    assert firm.lists_of(BOTH) == {there}
    firm.delete(MEMBERSHIP, other)
    firm.settle(deletes=True)
    assert firm.lists_of(BOTH) == set()


def test_a_deleted_membership_that_is_made_again_puts_the_person_back(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.person(ADA)
    membership = firm.join(person, letter)
    firm.settle()
    firm.delete(MEMBERSHIP, membership)
    firm.settle(deletes=True)
    firm.join(person, letter)
    firm.settle()
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}


def test_a_deleted_person_leaves_the_lists_and_stays_there(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    contact_id = firm.there(ADA)["contact_id"]
    firm.delete("Contact", person)
    firm.settle(deletes=True)
    now = firm.by_id(contact_id)
    assert now["list_memberships"] == []
    assert "deleted_at" not in now


def test_lists_that_practifi_never_had_are_kept(firm: Firm) -> None:
    """Renske is on two lists by the website's form; Practifi gives and takes only its own."""
    address = "renske.mbeki@example.org"
    foreign = firm.lists_of(address)
    assert len(foreign) == 2
    letter = firm.new_list()
    membership = firm.join(firm.person(address), letter)
    firm.settle()
    assert firm.lists_of(address) == foreign | {firm.cc_list_id(letter)}
    firm.delete(MEMBERSHIP, membership)
    firm.settle(deletes=True)
    assert firm.lists_of(address) == foreign


def test_a_person_who_left_a_list_is_not_put_back(firm: Firm) -> None:
    letter, other = firm.new_list(), firm.new_list("Invitations")
    person = firm.person(ADA)
    membership = firm.join(person, letter)
    firm.join(person, other)
    firm.settle()
    there = firm.cc_list_id(letter)
    firm.leaves(ADA, there)
    firm.change(person, FirstName="Ada")
    firm.settle()
    assert firm.lists_of(ADA) == {firm.cc_list_id(other)}
    assert firm.there(ADA)["first_name"] == "Ada"
    assert firm.membership_status(membership) == ("Not sent", "Left this list by their own act")
    firm.change(person, FirstName="Augusta")
    firm.settle()
    assert firm.lists_of(ADA) == {firm.cc_list_id(other)}


def test_a_list_that_the_firm_s_staff_took_away_there_is_added_back(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    firm.put(firm.there(ADA), list_memberships=[])
    firm.change(person, FirstName="Ada")
    firm.settle()
    assert firm.lists_of(ADA) == {firm.cc_list_id(letter)}


# Changes of address


def test_a_new_address_moves_the_contact_that_is_theirs_alone(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member("old@example.org", letter, FirstName="Ada")
    firm.settle()
    contact_id = firm.there("old@example.org")["contact_id"]
    firm.change(person, Email="new@example.org")
    firm.settle()
    assert firm.all_there("old@example.org") == []
    assert firm.there("new@example.org")["contact_id"] == contact_id
    assert firm.lists_of("new@example.org") == {firm.cc_list_id(letter)}
    assert firm.cc_contact_id(person) == contact_id


def test_a_new_address_of_one_sharer_leaves_the_contact_to_the_other(firm: Firm) -> None:
    letter = firm.new_list()
    first = firm.member(BOTH, letter, FirstName="Edith")
    second = firm.member(BOTH, letter, FirstName="Walter")
    firm.settle()
    shared = firm.there(BOTH)["contact_id"]
    for mover, stays in ((first, second), (second, first)):
        firm.change(mover, Email="own@example.org")
        firm.settle()
        assert firm.there(BOTH)["contact_id"] == shared == firm.cc_contact_id(stays)
        assert firm.there("own@example.org")["contact_id"] == firm.cc_contact_id(mover) != shared
        assert firm.lists_of(BOTH) == firm.lists_of("own@example.org") == {firm.cc_list_id(letter)}
        firm.change(mover, Email=BOTH)
        firm.settle()
        assert firm.lists_of("own@example.org") == set()


def test_a_new_address_that_exists_there_already_is_joined(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    former = firm.there(ADA)["contact_id"]
    sven = firm.there("sven@example.com")["contact_id"]
    firm.change(person, Email="sven@example.com")
    firm.settle()
    assert firm.there("sven@example.com")["contact_id"] == sven == firm.cc_contact_id(person)
    assert firm.cc_list_id(letter) in firm.lists_of("sven@example.com")
    assert firm.by_id(former)["list_memberships"] == []


def test_two_people_swap_their_addresses(firm: Firm) -> None:
    letter, other = firm.new_list(), firm.new_list("Invitations")
    ada = firm.member(ADA, letter, FirstName="Ada")
    bert = firm.member("bert@example.org", other, FirstName="Bert")
    firm.settle()
    firm.change(ada, Email="bert@example.org")
    firm.change(bert, Email=ADA)
    firm.settle()
    assert firm.there(ADA)["first_name"] == "Bert"
    assert firm.there("bert@example.org")["first_name"] == "Ada"
    assert firm.lists_of(ADA) == {firm.cc_list_id(other)}
    assert firm.lists_of("bert@example.org") == {firm.cc_list_id(letter)}
    assert firm.cc_contact_id(bert) == firm.there(ADA)["contact_id"]
    assert firm.cc_contact_id(ada) == firm.there("bert@example.org")["contact_id"]


def test_a_change_of_case_changes_nothing_that_matters(firm: Firm) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    contact_id = firm.there(ADA)["contact_id"]
    firm.change(person, Email="Ada@Example.org")
    firm.settle()
    assert firm.there(ADA)["contact_id"] == contact_id
    assert firm.status(person) == ("Subscribed", None)


@pytest.mark.parametrize("rounds", [2])
def test_an_address_that_goes_there_and_back_ends_where_it_began(firm: Firm, rounds: int) -> None:
    letter = firm.new_list()
    person = firm.member(ADA, letter)
    firm.settle()
    contact_id = firm.there(ADA)["contact_id"]
    for _ in range(rounds):
        firm.change(person, Email="new@example.org")
        firm.settle()
        firm.change(person, Email=ADA)
        firm.settle()
    assert firm.there(ADA)["contact_id"] == contact_id
    assert firm.all_there("new@example.org") == []
