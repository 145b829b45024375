"""Larger firms: both stand-ins tell of the same clients, and of the few that differ."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from sandbox.clientele import LISTS, clientele, count_of, list_ids
from sandbox.constant_contact.app import create_constant_contact
from sandbox.salesforce.app import create_salesforce
from sandbox.world import World

if TYPE_CHECKING:
    from sandbox.constant_contact.model import Contact
    from sandbox.salesforce.values import Row

COUNT = 5_000


@pytest.fixture(scope="module")
def contacts() -> dict[str, Contact]:
    """What Constant Contact has, by id."""
    return create_constant_contact(World(), str(COUNT)).account.contacts


@pytest.fixture(scope="module")
def records() -> list[Row]:
    """The clientele's contacts in Salesforce."""
    table = create_salesforce(World(), str(COUNT)).org.tables["Contact"]
    return [row for row in table if row["practifi__Constant_Contact_ID__c"]]


def test_salesforce_has_as_many_contacts_as_were_asked_for(records: list[Row]) -> None:
    assert len(records) == COUNT
    assert len({row["Id"] for row in records}) == COUNT


def test_nearly_all_addresses_are_on_both_sides(
    records: list[Row], contacts: dict[str, Contact]
) -> None:
    there = {contact.email.address for contact in contacts.values() if contact.email is not None}
    addresses = {row["Email"] for row in records}
    assert 0.99 < len(addresses & there) / len(addresses) < 1


def test_one_client_in_a_hundred_differs(records: list[Row], contacts: dict[str, Contact]) -> None:
    found: Counter[str] = Counter()
    of_id: dict[object, list[Row]] = {}
    for row in records:
        of_id.setdefault(row["practifi__Constant_Contact_ID__c"], []).append(row)
    for cc_id, rows in of_id.items():
        contact = contacts.get(str(cc_id))
        if contact is None:
            found["missing"] += 1
        elif contact.core["last_name"] != rows[0]["LastName"]:
            found["name"] += 1
        elif contact.email and contact.email.is_unsubscribed and not rows[0]["HasOptedOutOfEmail"]:
            found["unsubscribed"] += 1
    assert all(found[kind] for kind in ("missing", "name", "unsubscribed"))
    assert found.total() < COUNT * 0.02


def test_whoever_ticked_do_not_email_is_unsubscribed_there(
    records: list[Row], contacts: dict[str, Contact]
) -> None:
    ticked = [row for row in records if row["HasOptedOutOfEmail"]]
    assert ticked
    for row in ticked:
        contact = contacts[str(row["practifi__Constant_Contact_ID__c"])]
        assert contact.email is not None
        assert contact.email.is_unsubscribed


def test_memberships_name_lists_that_both_sides_have() -> None:
    world = World()
    org = create_salesforce(world, "300").org
    account = create_constant_contact(world, "300").account
    records = list(org.tables["practifi__Constant_Contact_List__c"])
    ids = {row["Id"]: row["practifi__Constant_Contact_List_ID__c"] for row in records}
    assert list(ids.values()) == list(list_ids(world))
    assert {account.lists[str(cc_id)].name for cc_id in ids.values()} == set(LISTS)
    memberships = list(org.tables["practifi__Constant_Contact_Membership__c"])
    assert len({row["Name"] for row in memberships}) == len(memberships) > COUNT / 20
    assert {row["practifi__Constant_Contact_List__c"] for row in memberships} <= set(ids)


def test_the_seed_alone_makes_the_clientele() -> None:
    assert list(clientele(World(1), 50)) == list(clientele(World(1), 50))
    assert list(clientele(World(1), 50)) != list(clientele(World(2), 50))


@pytest.mark.parametrize("size", ["huge", "-5", "0", "1.5", ""])
def test_what_is_no_size_is_refused(size: str) -> None:
    with pytest.raises(ValueError, match="empty, small, medium, large, or a number"):
        count_of(size)


def test_a_medium_firm_is_there_within_ten_seconds() -> None:
    started = time.monotonic()
    create_salesforce(World(), "medium")
    create_constant_contact(World(), "medium")
    assert time.monotonic() - started < 10


def test_a_lie_in_a_large_account_costs_what_it_touches() -> None:
    there = create_constant_contact(World(), "medium")
    contact_id = next(iter(there.account.contacts))
    started = time.monotonic()
    before = there.snapshot()
    there.account.contacts[contact_id].core["first_name"] = "Liar"
    there.restore(before)
    assert time.monotonic() - started < 0.25
    assert there.account.contacts[contact_id].core["first_name"] != "Liar"
