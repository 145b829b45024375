"""What somebody may do with records: Salesforce says it, and is asked once in five minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from bridge.console.access.people import Person
from bridge.console.access.records import Access, access_to, has_marketing, need_marketing, readable
from bridge.console.faults import NotNow, NotThere, Refused
from bridge.console.page import Console, Visit

if TYPE_CHECKING:
    from tests.fix_bridge import RunningBridge

ALL = Access(can_read=True, can_edit=True)
READ = Access(can_read=True, can_edit=False)
NONE = Access(can_read=False, can_edit=False)
QUERY, SOBJECTS = "/services/data/v66.0/query", "/services/data/v66.0/sobjects"


def found(bridge: RunningBridge, soql: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = bridge.sandbox.salesforce("GET", QUERY, q=soql).json()["records"]
    return rows


def people(bridge: RunningBridge, count: int) -> list[str]:
    rows = found(bridge, f"SELECT Id FROM Contact ORDER BY Id LIMIT {count}")  # noqa: S608 -- SOQL
    return [str(row["Id"]) for row in rows]


def user_of(bridge: RunningBridge) -> str:
    return str(found(bridge, "SELECT Id FROM User ORDER BY Username LIMIT 1")[0]["Id"])


def visit(bridge: RunningBridge, *roles: str, user_id: str | None = None) -> Visit:
    kit = bridge.installation
    console = Console(
        settings=kit.settings, database=kit.database, keyring=kit.keyring, wake=lambda _: None
    )
    person = Person(
        id=1,
        name="Ann",
        connection_id=None if user_id is None else bridge.connection_id,
        sf_user_id=user_id,
        roles=roles,
    )
    return Visit(console=console, request=Request({"type": "http"}), person=person)


def limit(bridge: RunningBridge, user_id: str, record_id: str, level: str) -> None:
    limits = [{"user_id": user_id, "record_id": record_id, "level": level}]
    bridge.sandbox.control("PUT", "/salesforce/access", limits)


def asked(bridge: RunningBridge) -> int:
    calls = bridge.sandbox.calls("salesforce")
    return sum(call["path"].endswith("/query/") and call["owner"] == "bridge" for call in calls)


def test_each_record_is_told_by_salesforce_whatever_the_role(bridge: RunningBridge) -> None:
    one, other = people(bridge, 2)
    user_id = user_of(bridge)
    limit(bridge, user_id, other, "Read")
    here = visit(bridge, "admin", user_id=user_id)
    nobody = "003000000000001AAA"
    told = access_to(here, bridge.connection, [one[:15], other, nobody])
    assert told == {one: ALL, other: READ, nobody: NONE}


def test_an_answer_is_believed_for_five_minutes(bridge: RunningBridge) -> None:
    (one,) = people(bridge, 1)
    user_id = user_of(bridge)
    here = visit(bridge, user_id=user_id)
    assert access_to(here, bridge.connection, [one]) == {one: ALL}
    limit(bridge, user_id, one, "None")
    bridge.sandbox.advance(299)
    before = asked(bridge)
    assert access_to(here, bridge.connection, [one]) == {one: ALL}
    assert asked(bridge) == before
    bridge.sandbox.advance(2)
    assert access_to(here, bridge.connection, [one]) == {one: NONE}


def test_many_records_are_asked_about_two_hundred_at_once(bridge: RunningBridge) -> None:
    (one,) = people(bridge, 1)
    ids = [one, *(f"003{number:012d}" for number in range(300))]
    here = visit(bridge, user_id=user_of(bridge))
    before = asked(bridge)
    told = access_to(here, bridge.connection, ids)
    assert (told[one], len(told)) == (ALL, 301)
    assert asked(bridge) == before + 2


def test_nothing_is_seen_while_salesforce_does_not_say(bridge: RunningBridge) -> None:
    (one,) = people(bridge, 1)
    here = visit(bridge, user_id=user_of(bridge))
    bridge.rows("UPDATE connection SET sf_url = 'http://127.0.0.1:9' RETURNING 1")
    with pytest.raises(NotNow, match="is for Salesforce to say, and it does not"):
        access_to(here, bridge.connection, [one])


@pytest.mark.parametrize("sf_id", ["nothing", "003000000000001AAA"])
def test_what_one_may_not_read_is_not_there(bridge: RunningBridge, sf_id: str) -> None:
    here = visit(bridge, user_id=user_of(bridge))
    with pytest.raises(NotThere):
        readable(here, bridge.connection, sf_id)


def test_whoever_came_by_a_link_sees_by_their_role(bridge: RunningBridge) -> None:
    (one,) = people(bridge, 1)
    assert access_to(visit(bridge, "admin"), bridge.connection, [one]) == {one: ALL}
    assert access_to(visit(bridge, "viewer"), bridge.connection, [one]) == {one: NONE}
    assert has_marketing(visit(bridge, "admin"), bridge.connection)


def test_a_user_of_another_organization_sees_nothing(bridge: RunningBridge) -> None:
    (one,) = people(bridge, 1)
    person = Person(id=1, name="Eve", connection_id=bridge.connection_id + 1, sf_user_id="005")
    stranger = Visit(
        console=visit(bridge).console, request=Request({"type": "http"}), person=person
    )
    assert access_to(stranger, bridge.connection, [one]) == {one: NONE}
    assert not has_marketing(stranger, bridge.connection)


def test_the_permission_set_is_asked_of_salesforce(bridge: RunningBridge) -> None:
    user_id = user_of(bridge)
    here = visit(bridge, "admin", user_id=user_id)
    with pytest.raises(Refused, match="needs the permission set Constant Contact Marketing"):
        need_marketing(here, bridge.connection)
    made = bridge.sandbox.salesforce(
        "POST",
        f"{SOBJECTS}/PermissionSet",
        {"Name": "Constant_Contact_Marketing", "Label": "Constant Contact Marketing"},
    ).json()
    given = {"AssigneeId": user_id, "PermissionSetId": made["id"]}
    answer = bridge.sandbox.salesforce("POST", f"{SOBJECTS}/PermissionSetAssignment", given)
    assert answer.status_code == 201, answer.text
    assert not has_marketing(here, bridge.connection)  # for five minutes
    bridge.sandbox.advance(301)
    assert has_marketing(here, bridge.connection)
