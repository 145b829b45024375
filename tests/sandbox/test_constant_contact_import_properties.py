"""Whatever an import says: consent stays, memberships only grow, and twice is once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.constant_contact import contacts, lists, people, render
from sandbox.constant_contact.bulk import queue
from sandbox.constant_contact.bulk.imports import COUNTS, ImportContacts
from sandbox.constant_contact.model import Account
from sandbox.constant_contact.policy import Policy
from sandbox.world import World

NOW = datetime(2026, 3, 1, tzinfo=UTC)
POLICY = Policy(bulk_s=0)
ADDRESSES = [f"{name}@example.org" for name in ("ada", "bob", "cay", "dan")]
STATES = ("absent", "active", "left", "put out", "deleted", "left and deleted")


class Firm(NamedTuple):
    account: Account
    list_ids: list[str]


def a_firm(states: dict[str, str]) -> Firm:
    """Return an account with two lists and a contact in each of the states."""
    account = Account(draws=World().generator("test"))
    list_ids = [
        lists.create(account, {"name": name}, NOW).list_id for name in ("Letters", "Seminars")
    ]
    for address, state in states.items():
        if state != "absent":
            add(account, address, state, list_ids[:1])
    return Firm(account, list_ids)


def add(account: Account, address: str, state: str, list_ids: list[str]) -> None:
    permission = "unsubscribed" if state == "put out" else "explicit"
    body = {
        "create_source": "Account",
        "first_name": "Old",
        "email_address": {"address": address, "permission_to_send": permission},
        "list_memberships": list_ids,
    }
    contact = contacts.create(account, POLICY, body, NOW)
    if "left" in state:
        people.unsubscribe(account, POLICY, address, NOW)
    if "deleted" in state:
        contacts.delete(account, contact.contact_id, NOW)


def run(firm: Firm, rows: list[dict[str, Any]], at: datetime) -> dict[str, int]:
    work = ImportContacts(rows, firm.list_ids[1:], "not_set")
    counts = dict.fromkeys(COUNTS, 0)
    activity = queue.begin(firm.account, work, at, counts=counts)
    while activity.is_open:
        queue.settle(firm.account, POLICY, at)
    return counts


def shown(firm: Firm) -> dict[str, dict[str, Any]]:
    """Return the contacts by address, without what every write gives anew."""
    found = {}
    for contact in firm.account.contacts.values():
        assert contact.email is not None
        seen = render.contact(contact)
        for one in seen["phone_numbers"]:
            for name in ("phone_number_id", "created_at", "updated_at"):
                del one[name]
        for name in ("updated_at", "update_source"):
            seen.pop(name, None)
        found[contact.email.address.lower()] = seen
    return found


ROWS = st.lists(
    st.fixed_dictionaries(
        {"email": st.sampled_from([*ADDRESSES, ADDRESSES[0].upper(), "nobody", ""])},
        optional={
            "first_name": st.sampled_from(["New", "", "x" * 51]),
            "home_phone": st.sampled_from(["555-0101", ""]),
            "permission_to_send": st.just("explicit"),
        },
    ),
    max_size=6,
)
ACCOUNTS = st.fixed_dictionaries({address: st.sampled_from(STATES) for address in ADDRESSES})


@pytest.mark.rule("cc-optout-import-untouched", "cc-import-existing-sent-only")
@given(states=ACCOUNTS, rows=ROWS)
def test_consent_stays_and_memberships_only_grow(
    states: dict[str, str], rows: list[dict[str, Any]]
) -> None:
    firm = a_firm(states)
    before = shown(firm)
    counts = run(firm, rows, NOW + timedelta(hours=1))
    after = shown(firm)
    for address, contact in after.items():
        if address not in before:
            assert contact["email_address"]["permission_to_send"] == "implicit"
            continue
        assert contact["email_address"] == before[address]["email_address"]
        was_on = before[address]["list_memberships"]
        if "left" in states[address]:
            assert contact["list_memberships"] == was_on
        else:
            assert set(contact["list_memberships"]) >= set(was_on)
    refused = counts["error_count"] + counts["correctable_count"]
    named = {row["email"].lower() for row in rows} & after.keys()
    assert counts["person_count"] <= len(named)
    assert counts["person_count"] + refused <= len(rows)


@given(states=ACCOUNTS, rows=ROWS)
def test_an_import_that_comes_twice_changes_nothing_more(
    states: dict[str, str], rows: list[dict[str, Any]]
) -> None:
    firm = a_firm(states)
    first = run(firm, rows, NOW + timedelta(hours=1))
    once = shown(firm)
    second = run(firm, rows, NOW + timedelta(hours=2))
    assert shown(firm) == once
    assert second == first
