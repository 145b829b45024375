"""A firm of ten thousand: soon there, the same on both sides but for a little, quick to call."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.fix_sandbox import RunningSandbox, start_sandbox, stop_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTS_WITHIN_S = 10


@pytest.fixture(scope="module")
def medium() -> Iterator[tuple[RunningSandbox, float]]:
    began = time.perf_counter()
    process, line = start_sandbox("--size", "medium")
    took_s = time.perf_counter() - began
    with requests.Session() as session:
        yield RunningSandbox(line=line, session=session), took_s
    stop_sandbox(process)


def their_contacts(sandbox: RunningSandbox) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    href = "/contacts?limit=500&status=all&include=list_memberships,street_addresses"
    while href:
        page = sandbox.constant_contact("GET", href).json()
        found |= {one["email_address"]["address"].lower(): one for one in page["contacts"]}
        href = page.get("_links", {}).get("next", {}).get("href", "")
    return found


def our_contacts(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    soql = (
        "SELECT FirstName, LastName, Email, Title, MailingStreet, HasOptedOutOfEmail, "
        "practifi__Primary_Member__c FROM Contact WHERE Email != null"
    )
    page = sandbox.salesforce("GET", "/services/data/v66.0/query", q=soql).json()
    found = page["records"]
    while "nextRecordsUrl" in page:
        page = sandbox.salesforce("GET", page["nextRecordsUrl"]).json()
        found += page["records"]
    return list(found)


def test_it_is_there_within_ten_seconds(medium: tuple[RunningSandbox, float]) -> None:
    assert medium[1] < STARTS_WITHIN_S


def test_both_sides_are_equal_but_for_about_one_in_a_hundred(
    medium: tuple[RunningSandbox, float],
) -> None:
    sandbox, _ = medium
    theirs, ours = their_contacts(sandbox), our_contacts(sandbox)
    assert len(ours) > 9_500
    owners: dict[str, dict[str, Any]] = {}
    for one in ours:
        owners.setdefault(one["Email"].lower(), one)
    shared = len(ours) - len(owners)
    assert 500 < shared < 3_000
    different = 0
    for address, one in owners.items():
        other = theirs.get(address)
        different += other is None or (
            one["FirstName"],
            one["LastName"],
            one["Title"],
            one["MailingStreet"],
            one["HasOptedOutOfEmail"],
        ) != (
            other["first_name"],
            other["last_name"],
            other.get("job_title"),
            other["street_addresses"][0]["street"],
            other["email_address"]["permission_to_send"] == "unsubscribed",
        )
    # The first twenty households are in Salesforce alone.
    assert 0.005 < (different - 40) / len(owners) < 0.02


def test_the_lists_have_one_name_and_nearly_the_same_members(
    medium: tuple[RunningSandbox, float],
) -> None:
    sandbox, _ = medium
    lists = sandbox.constant_contact(
        "GET", "/contact_lists", include_membership_count="all"
    ).json()["lists"]
    theirs = {one["name"]: one["membership_count"] for one in lists}
    soql = "SELECT Name FROM practifi__Constant_Contact_List__c"
    ours = sandbox.salesforce("GET", "/services/data/v66.0/query", q=soql).json()["records"]
    assert {one["Name"] for one in ours} <= set(theirs)
    assert theirs["Quarterly Letter"] > 5_000


def test_a_lie_costs_what_it_touches(medium: tuple[RunningSandbox, float]) -> None:
    sandbox, _ = medium
    contact = sandbox.constant_contact("GET", "/contacts", limit=1).json()["contacts"][0]
    path = f"/contacts/{contact['contact_id']}"
    body = {"first_name": "Liar", "update_source": "Account"}
    sandbox.faults(
        {"side": "constant_contact", "method": "PUT", "kind": "lie", "times": 1, "observer": True}
    )
    took = -time.perf_counter()
    answer = sandbox.constant_contact("PUT", path, body)
    took += time.perf_counter()
    assert answer.json()["first_name"] == "Liar"
    assert sandbox.constant_contact("GET", path).json() == {
        **contact,
        "first_name": contact["first_name"],
    }
    assert took < 0.25


def test_a_size_that_there_is_not_is_told() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox", "--size", "huge"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "--size" in ended.stderr
