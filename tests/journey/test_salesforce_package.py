"""The package, deployed to an organization that has nothing of ours: what fires and arrives."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bridge.inbox.triage import triage_batch
from bridge.wakeups import topics
from reconciler.handlers import handle
from tests.journey.firm import LIST, MEMBERSHIP

if TYPE_CHECKING:
    from tests.journey.administrator import Administrator
    from tests.journey.firm import Firm

DEADLINE_S = 10.0


def test_what_was_deployed_fires_and_a_person_arrives(firm: Firm, admin: Administrator) -> None:
    admin.deploy()
    letter = firm.new_list()
    person = firm.member("ada@example.org", letter, FirstName="Ada")
    firm.settle()
    assert firm.there("ada@example.org")["first_name"] == "Ada"
    assert firm.lists_of("ada@example.org") == {firm.cc_list_id(letter)}
    assert firm.status(person)[0] == "Subscribed"
    told = {one["object"] for one in firm.notifications()}
    assert told == {"Contact", LIST, MEMBERSHIP}


def test_the_field_lists_follow_what_was_deployed(firm: Firm, admin: Administrator) -> None:
    deployed = admin.deploy()
    there = {
        one["full_name"]: (one["action_id"], sorted(one["fields"]))
        for one in firm.sandbox.control("GET", "/salesforce/definitions")
    }
    rows = admin.definitions()
    assert sorted((row["action_id"], row["fields"]) for row in rows) == sorted(there.values())
    assert deployed.changed_lists == len(rows) == len(there)
    assert [row["object"] for row in rows if row["lane"] == 0] == ["Contact"]
    assert all(row["access_checked_at"] >= row["in_force_from"] for row in rows)


def test_a_field_that_was_emptied_is_known_to_be_empty(firm: Firm, admin: Administrator) -> None:
    admin.deploy()
    person = firm.member("ada@example.org", firm.new_list(), Title="Countess")
    firm.settle()
    assert firm.there("ada@example.org")["job_title"] == "Countess"
    firm.sandbox.advance(1)
    firm.change(person, Title=None)
    firm.bridge.receive()
    firm.bridge.triage()
    (row,) = firm.bridge.rows(
        "SELECT fields, unknown_fields FROM practifi_record WHERE sf_id = %(sf_id)s", sf_id=person
    )
    assert row["fields"]["Title"] is None
    assert [path for path in row["unknown_fields"] if "." not in path] == []
    firm.settle()
    assert "job_title" not in firm.there("ada@example.org")


def test_a_list_says_nothing_of_what_arrived_before_it_was_in_force(firm: Firm) -> None:
    (action,) = [
        one["action_id"]
        for one in firm.sandbox.control("GET", "/salesforce/definitions")
        if one["name"] == "CC_Bridge_Contact"
    ]
    with firm.bridge.database.transaction() as tx:
        tx.execute(
            "INSERT INTO outbound_definition (connection_id, action_id, version, object, fields, "
            "in_force_from, access_checked_at) "
            "VALUES (%s, %s, 1, 'Contact', '{Title}', app_now() + interval '1 minute', 'infinity')",
            (firm.bridge.connection_id, action),
        )
    early = firm.person("ada@example.org")
    firm.bridge.receive()
    firm.sandbox.advance(120)
    late = firm.person("ben@example.org")
    firm.bridge.receive()
    firm.bridge.triage()
    rows = firm.bridge.rows("SELECT sf_id, unknown_fields FROM practifi_record")
    unknown = {row["sf_id"]: "Title" in row["unknown_fields"] for row in rows}
    assert unknown == {early: True, late: False}


def test_a_change_of_consent_comes_by_a_message_of_its_own(
    firm: Firm, admin: Administrator
) -> None:
    admin.deploy()
    (consent,) = [row["action_id"] for row in admin.definitions() if row["lane"] == 0]
    deadline = time.monotonic() + DEADLINE_S
    flagged: list[str] = []
    while not flagged:  # the receiver looks for new definitions once a second
        assert time.monotonic() < deadline
        firm.person("ada@example.org", HasOptedOutOfEmail=True)
        firm.bridge.receive()
        flagged = [
            row["action_id"]
            for row in firm.bridge.rows("SELECT action_id FROM notification WHERE consent")
        ]
    assert {*flagged} == {consent}
    person = firm.person("ben@example.org")
    firm.bridge.receive()
    told = [one for one in firm.notifications() if one["record_id"] == person]
    assert len(told) == 1


def test_an_untick_is_stamped_by_the_deployed_flow(firm: Firm, admin: Administrator) -> None:
    admin.deploy()
    person = firm.person("ada@example.org", HasOptedOutOfEmail=True)
    assert firm.record("Contact", person)["CC_Bridge_Unticked_At__c"] is None
    firm.untick(person)
    record = firm.record("Contact", person)
    assert record["CC_Bridge_Unticked_At__c"] == record["LastModifiedDate"]
    assert record["CC_Bridge_Unticked_By__c"] == record["LastModifiedById"]
    firm.sandbox.advance(5)
    firm.change(person, Title="Countess")
    later = firm.record("Contact", person)
    assert later["CC_Bridge_Unticked_At__c"] == record["CC_Bridge_Unticked_At__c"]


def test_a_deletion_sends_a_tombstone_and_is_asked_after_at_once(
    firm: Firm, admin: Administrator
) -> None:
    admin.deploy()
    letter = firm.new_list()
    person = firm.person("ada@example.org")
    membership = firm.join(person, letter)
    firm.settle(deletes=True)
    firm.delete(MEMBERSHIP, membership)
    firm.bridge.receive()
    handle(firm.bridge.installation, topics.TRIAGE)
    woken = {row["topic"] for row in firm.bridge.rows("SELECT topic FROM wakeup")}
    assert topics.DELETES in woken
    last = firm.notifications()[-1]
    assert (last["object"], last["state"]) == ("CC_Bridge_Removed__c", "done")
    handle(firm.bridge.installation, topics.DELETES)
    firm.settle()
    assert firm.lists_of("ada@example.org") == set()


def test_no_tombstone_asks_for_nothing(firm: Firm, admin: Administrator) -> None:
    admin.deploy()
    firm.person("ada@example.org")
    firm.bridge.receive()
    asked: list[str] = []
    assert triage_batch(
        firm.bridge.database, consent=False, deleted=lambda: asked.append("deletes")
    )
    assert asked == []


def test_drafts_send_nothing_until_they_are_activated(firm: Firm, admin: Administrator) -> None:
    flows = {part.full_name for part in admin.package().of("Flow")}
    assert {*admin.deploy(flow_status="Draft").inactive} == flows
    firm.person("ada@example.org")
    assert firm.sandbox.control("GET", "/salesforce/deliveries") == []
    assert admin.deploy().inactive == ()
    firm.person("ben@example.org")
    firm.bridge.receive()
    assert [one["object"] for one in firm.notifications()] == ["Contact"]
