"""Engagement in, Interactions out: what clients do with a mailing, as Practifi shows it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from bridge.mapping.versions import active
from bridge.plans.steps import all_steps
from bridge.runs.store import ask_run
from reconciler.activities.write import write_interactions
from reconciler.runs import store
from reconciler.runs.context import RunContext
from reconciler.runs.execute import run_now
from tests.journey.mailings import (
    DETAILS,
    LINK,
    OBJECTS,
    SUBJECT,
    Mailings,
    a_household,
    clicked,
    opened,
)

if TYPE_CHECKING:
    from tests.journey.firm import Firm

ADA, BEN, EVE = "ada@example.org", "ben@example.org", "eve@example.org"


@pytest.fixture
def mailings(firm: Firm) -> Mailings:
    return a_household(firm)


def test_engagement_becomes_an_interaction_under_contact_and_client(mailings: Mailings) -> None:
    person = mailings.member(ADA)
    mailings.firm.settle()
    mailings.send(opened(ADA), opened(ADA, after_s=0), clicked(ADA))
    record = mailings.run()
    assert record.counters["planned"] == record.counters["read"] == 1
    one = mailings.one()
    assert one[SUBJECT] == "Constant Contact: Market letter - Clicked"
    assert one["practifi__Person__c"] == person
    assert one["practifi__Client__c"] == mailings.client
    assert one["practifi__Direction_Picklist__c"] == "Outbound"
    assert one["practifi__Method_Picklist__c"] == "Email"
    lines = one[DETAILS].splitlines()
    assert lines[:2] == ["Campaign: Market letter", "Subject line: What markets did"]
    assert any(line.startswith("Sent: ") and line.endswith("(UTC)") for line in lines)
    assert "Opened once (may be automatic)" in lines  # two in one moment are one there
    assert lines[lines.index("Clicked once:") + 1] == f"- {LINK}: once"
    assert lines[-1].startswith("Read it: https://conta.cc/")
    there = datetime.fromisoformat(mailings.firm.sandbox.control("GET", "/clock")["now"])
    age = there - datetime.fromisoformat(one["practifi__Start__c"])
    assert abs(age.total_seconds()) < 600


def test_a_second_run_writes_nothing(mailings: Mailings) -> None:
    mailings.member(ADA)
    mailings.firm.settle()
    mailings.send(opened(ADA))
    mailings.run()
    before = mailings.salesforce_writes()
    record = mailings.run()
    assert record.counters["unchanged"] == record.counters["read"] == 1
    assert mailings.salesforce_writes() == before
    assert len(mailings.interactions()) == 1


def test_a_second_run_reads_no_report_that_has_not_moved(mailings: Mailings) -> None:
    mailings.member(ADA)
    mailings.firm.settle()
    mailings.send(opened(ADA))
    mailings.run()
    before = len(mailings.firm.sandbox.calls("constant_contact"))
    mailings.run()
    calls = mailings.firm.sandbox.calls("constant_contact")[before:]
    paths = [call["path"] for call in calls]
    assert len(paths) == 2, paths  # the campaigns, and the counts of all mailings
    assert not any("tracking" in path for path in paths)


def test_a_late_open_costs_one_page_however_long_the_report_is(mailings: Mailings) -> None:
    mailings.member(ADA)
    mailings.firm.settle()
    opens = [opened(ADA, after_s=number * 120) for number in range(600)]
    mailings.send(*opens, opened(ADA, after_s=80_000))
    mailings.firm.sandbox.advance(75_000)
    mailings.run()
    assert "Opened 600 times" in mailings.one()[DETAILS]
    before = len(mailings.firm.sandbox.calls("constant_contact"))
    mailings.firm.sandbox.advance(60 * 60 * 3)
    mailings.run()
    calls = mailings.firm.sandbox.calls("constant_contact")[before:]
    reports = [call["path"] for call in calls if "tracking" in call["path"]]
    assert [path.rpartition("/")[2] for path in reports].count("opens") == 1
    assert "Opened 601 times" in mailings.one()[DETAILS]


def test_late_opens_change_the_record_from_totals(mailings: Mailings) -> None:
    mailings.member(ADA)
    mailings.firm.settle()
    mailings.send(opened(ADA), opened(ADA, after_s=3600), clicked(ADA, after_s=90_000))
    mailings.run()
    first = mailings.one()
    assert first[SUBJECT].endswith(" - Opened")
    mailings.firm.sandbox.advance(4000)
    mailings.run()
    assert "Opened 2 times (may be automatic)" in mailings.one()[DETAILS]
    mailings.firm.sandbox.advance(90_000)
    mailings.run()
    last = mailings.one()
    assert last["Id"] == first["Id"]
    assert last[SUBJECT].endswith(" - Clicked")
    assert "Opened 2 times (may be automatic)" in last[DETAILS]


@pytest.mark.parametrize(
    ("code", "result", "words"),
    [
        pytest.param("B", "Bounced", "Bounced: the address does not exist", id="non-existent"),
        pytest.param("Z", "Bounced", "Bounced: blocked by", id="blocked"),
        pytest.param("F", "Mailbox full", "(temporary)", id="mailbox full"),
        pytest.param("S", "Suspended", "suspended by the vendor", id="suspended"),
        pytest.param("V", "Sent", "Delivered: an automatic reply", id="automatic reply"),
    ],
)
def test_a_bounce_says_what_it_means(
    mailings: Mailings, code: str, result: str, words: str
) -> None:
    person = mailings.member(ADA)
    mailings.firm.settle()
    mailings.send({"email": ADA, "kind": "bounce", "bounce_code": code})
    mailings.run()
    one = mailings.one()
    assert one[SUBJECT] == f"Constant Contact: Market letter - {result}"
    assert words in one[DETAILS]
    assert mailings.firm.record("Contact", person)["HasOptedOutOfEmail"] is False


def test_an_opt_out_is_the_persons_own_and_ticks_no_box(mailings: Mailings) -> None:
    firm = mailings.firm
    person = mailings.member(ADA)
    firm.settle()
    mailings.send(opened(ADA), {"email": ADA, "kind": "optout", "reason": "Too many"})
    mailings.run()
    details = mailings.one()[DETAILS]
    assert mailings.one()[SUBJECT].endswith(" - Unsubscribed")
    assert "Unsubscribed there; Do Not Email in Practifi is not ticked" in details
    assert "Reason given: Too many" in details
    assert firm.record("Contact", person)["HasOptedOutOfEmail"] is False
    seen = [row for row in firm.ledger() if row["change"] == "opted_out"]
    assert [(row["acted_by"], row["stage"], row["side"]) for row in seen] == [
        ("person", "seen", "constant_contact")
    ]
    firm.settle()
    assert firm.status(person)[0] != "Subscribed"
    firm.change(person, FirstName="Augusta")
    firm.settle()
    assert firm.permission(ADA) == "unsubscribed"
    mailings.run()
    assert [row for row in firm.ledger() if row["change"] == "opted_out"] == seen


def test_an_old_opt_out_does_not_undo_a_coming_back(mailings: Mailings) -> None:
    firm = mailings.firm
    person = mailings.member(ADA)
    firm.settle()
    mailings.send({"email": ADA, "kind": "optout"})
    mailings.run()
    firm.settle()
    firm.sandbox.advance(60)
    firm.tick(person)
    firm.settle()
    firm.untick(person)
    firm.settle()
    assert firm.permission(ADA) == "explicit"
    standing = "SELECT * FROM opt_out WHERE connection_id = %(connection_id)s"
    assert firm.bridge.rows(standing) == []
    with firm.bridge.database.transaction() as tx:  # as if it had never been read
        tx.execute("DELETE FROM engagement_event")
        tx.execute("UPDATE campaign_activity SET counts = NULL, detail = detail - 'reading'")
    before = len(firm.ledger())
    mailings.run()
    assert firm.bridge.rows(standing) == []
    assert len(firm.ledger()) == before
    firm.settle()
    assert firm.permission(ADA) == "explicit"


def test_who_opts_out_again_is_out_again(mailings: Mailings) -> None:
    firm = mailings.firm
    person = mailings.member(ADA)
    firm.settle()
    mailings.send({"email": ADA, "kind": "optout"})
    mailings.run()
    firm.settle()
    firm.sandbox.advance(60)
    firm.tick(person)
    firm.settle()
    firm.untick(person)
    firm.settle()
    firm.sandbox.advance(60)
    mailings.send({"email": ADA, "kind": "optout"}, name="Second letter")
    mailings.run()
    firm.settle()
    out = "SELECT acted_by FROM opt_out WHERE connection_id = %(connection_id)s"
    assert {row["acted_by"] for row in firm.bridge.rows(out)} == {"person"}
    assert firm.permission(ADA) == "unsubscribed"
    assert firm.record("Contact", person)["HasOptedOutOfEmail"] is False


@pytest.mark.parametrize("profile", ["event", "task"])
def test_activities_of_salesforce_are_written_once(mailings: Mailings, profile: str) -> None:
    firm = mailings.firm
    person = mailings.member(ADA)
    firm.settle()
    mailings.writes_to(profile)
    mailings.send(opened(ADA), clicked(ADA, after_s=3600))
    mailings.run()
    mailings.run()
    (one,) = mailings.interactions(OBJECTS[profile])
    assert one["Subject"] == "Constant Contact: Market letter - Opened"
    assert (one["WhoId"], one["WhatId"]) == (person, mailings.client)
    if profile == "task":
        assert (one["Status"], one["TaskSubtype"]) == ("Completed", "Email")
    else:
        assert one["DurationInMinutes"] == 1
    firm.sandbox.advance(4000)
    mailings.run()
    (two,) = mailings.interactions(OBJECTS[profile])
    assert two["Id"] == one["Id"]
    assert two["Subject"] == "Constant Contact: Market letter - Clicked"


@pytest.mark.parametrize("profile", ["custom", "event", "task"])
def test_a_lost_answer_has_its_effect_once(mailings: Mailings, profile: str) -> None:
    firm = mailings.firm
    mailings.member(ADA)
    mailings.member(BEN)
    firm.settle()
    if profile != "custom":
        mailings.writes_to(profile)
    mailings.send(opened(ADA), opened(BEN))
    firm.sandbox.faults(
        {"side": "salesforce", "path": ".*composite.*", "kind": "drop_after", "times": 1}
    )
    mailings.run()
    assert len(mailings.interactions(OBJECTS[profile])) == 2
    written = "SELECT sf_id, write_error FROM interaction WHERE connection_id = %(connection_id)s"
    rows = firm.bridge.rows(written)
    assert len(rows) == 2
    assert all(row["sf_id"] and row["write_error"] is None for row in rows)


def test_a_locked_record_is_tried_again_in_a_smaller_call(mailings: Mailings) -> None:
    mailings.member(ADA)
    mailings.member(BEN)
    mailings.firm.settle()
    mailings.send(opened(ADA), opened(BEN))
    mailings.firm.sandbox.faults(
        {"side": "salesforce", "path": ".*composite.*", "kind": "locked", "times": 1}
    )
    mailings.run()
    assert len(mailings.interactions()) == 2
    assert mailings.run().counters["unchanged"] == 2


def test_a_record_that_stays_locked_is_written_by_the_next_run(mailings: Mailings) -> None:
    mailings.member(ADA)
    mailings.firm.settle()
    mailings.send(opened(ADA))
    mailings.firm.sandbox.faults({"side": "salesforce", "path": ".*composite.*", "kind": "locked"})
    mailings.run()
    (step,) = mailings.firm.bridge.rows("SELECT state FROM interaction_step")
    assert step["state"] == "failed"
    mailings.firm.sandbox.faults()
    mailings.run()
    assert mailings.one()[SUBJECT].endswith(" - Opened")


def test_a_contact_that_practifi_does_not_know_is_counted(mailings: Mailings) -> None:
    firm = mailings.firm
    mailings.member(ADA)
    firm.settle()
    there = firm.cc_list_id(mailings.list_id)
    firm.post(
        "/contacts",
        email_address={"address": EVE, "permission_to_send": "implicit"},
        create_source="Account",
        list_memberships=[there],
    )
    mailings.send(opened(ADA), opened(EVE))
    record = mailings.run()
    assert record.counters["read"] == 2
    assert record.counters["skipped"] == {"not in Practifi": 1}
    assert len(mailings.interactions()) == 1


def test_a_shared_address_is_written_for_its_owner_and_names_the_others(mailings: Mailings) -> None:
    firm = mailings.firm
    owner = mailings.member(ADA, FirstName="Ada", LastName="Moran")
    firm.settle()
    mailings.member(ADA, FirstName="Ben", LastName="Moran")
    firm.person(ADA, FirstName="Kid", LastName="Moran", AccountId=mailings.client)
    firm.settle()
    mailings.send(opened(ADA))
    mailings.run()
    one = mailings.one()
    assert one["practifi__Person__c"] == owner
    assert "Others at this address who were sent it too: Ben Moran\n" in one[DETAILS]
    assert "Kid" not in one[DETAILS]


def test_a_shared_address_can_be_written_for_each(mailings: Mailings) -> None:
    firm = mailings.firm
    mailings.maps("source: interaction\nshared: each\n")
    first = mailings.member(ADA)
    second = mailings.member(ADA)
    firm.settle()
    mailings.send(opened(ADA))
    record = mailings.run()
    assert record.counters["read"] == record.counters["planned"] == 1
    assert {one["practifi__Person__c"] for one in mailings.interactions()} == {first, second}


def test_only_who_is_on_the_list_is_meant(mailings: Mailings) -> None:
    firm = mailings.firm
    firm.person(ADA, FirstName="Ada", AccountId=mailings.client)
    firm.settle()
    meant = mailings.member(ADA, FirstName="Ben")
    firm.settle()
    mailings.send(opened(ADA))
    mailings.run()
    assert mailings.one()["practifi__Person__c"] == meant


def test_each_event_can_be_a_record(mailings: Mailings) -> None:
    mailings.maps("source: interaction\ngrain: event\nkinds: [open, click]\n")
    mailings.member(ADA)
    mailings.firm.settle()
    mailings.send(opened(ADA), opened(ADA, after_s=60), clicked(ADA, after_s=120))
    mailings.firm.sandbox.advance(180)
    record = mailings.run()
    assert record.counters["read"] == record.counters["planned"] == 3
    subjects = [one[SUBJECT].rpartition(" - ")[2] for one in mailings.interactions()]
    assert subjects == ["Clicked", "Opened", "Opened"]
    assert mailings.run().counters["unchanged"] == 3


def test_the_client_of_the_time_stays_after_a_move(mailings: Mailings) -> None:
    firm = mailings.firm
    person = mailings.member(ADA)
    firm.settle()
    mailings.send(opened(ADA), clicked(ADA, after_s=3600))
    mailings.run()
    firm.change(person, AccountId=firm.create("Account", Name="Another household"))
    firm.settle()
    firm.sandbox.advance(4000)
    mailings.run()
    one = mailings.one()
    assert one[SUBJECT].endswith(" - Clicked")
    assert one["practifi__Client__c"] == mailings.client


def test_a_refusal_is_kept_with_salesforces_sentence(mailings: Mailings) -> None:
    firm = mailings.firm
    mailings.maps("source: interaction\nfields: {custom: {practifi__Method_Picklist__c: Pigeon}}\n")
    mailings.member(ADA)
    firm.settle()
    mailings.send(opened(ADA))
    mailings.run()
    assert mailings.interactions() == []
    (row,) = firm.bridge.rows("SELECT sf_id, written_fingerprint, write_error FROM interaction")
    assert row["sf_id"] is None
    assert row["written_fingerprint"] is None
    assert "Pigeon" in row["write_error"]
    (step,) = firm.bridge.rows("SELECT state, outcome FROM interaction_step")
    assert step["state"] == "refused"
    assert step["outcome"].startswith("Salesforce: INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: ")
    mailings.maps("source: interaction\n")
    mailings.run()
    assert mailings.one()[SUBJECT].endswith(" - Opened")


def test_a_plan_shows_old_and_new_and_writes_nothing(mailings: Mailings) -> None:
    bridge = mailings.firm.bridge
    mailings.member(ADA)
    mailings.firm.settle()
    mailings.send(opened(ADA), clicked(ADA, after_s=3600))
    mailings.run()
    mailings.firm.sandbox.advance(4000)
    before = mailings.salesforce_writes()
    record = run_now(bridge.installation, bridge.connection_id, "activities", "plan")
    assert (record.state, record.plan_state) == ("done", "waiting")
    assert mailings.salesforce_writes() == before
    with bridge.database.transaction() as tx:
        (step,) = all_steps(tx, bridge.connection_id, record.plan_id or 0)
    assert step.kind == "update_interaction"
    assert step.change["Subject"] == (
        "Constant Contact: Market letter - Opened",
        "Constant Contact: Market letter - Clicked",
    )
    assert set(step.change) == {"Subject", "Details"}
    assert step.calls == 0


def test_a_plan_that_another_one_overtook_is_refused(mailings: Mailings) -> None:
    bridge = mailings.firm.bridge
    mailings.member(ADA)
    mailings.firm.settle()
    mailings.send(opened(ADA))
    planned = run_now(bridge.installation, bridge.connection_id, "activities", "plan")
    plan_id = planned.plan_id or 0
    with bridge.database.transaction() as tx:
        (step,) = all_steps(tx, bridge.connection_id, plan_id)
        tx.execute(
            "INSERT INTO interaction (connection_id, external_id, campaign_activity_id, "
            "contact_id, practifi_contact, written_fingerprint) VALUES (%s, %s, %s, %s, 'x', 'y')",
            (
                bridge.connection_id,
                step.subject_key,
                step.body["campaign_activity_id"],
                step.cc_id,
            ),
        )
        run_id, _ = ask_run(
            tx, bridge.connection_id, "activities", mode="apply", origin="cli", asked_by="test"
        )
        lease = store.claim(tx, bridge.connection_id, run_id, 60)
        current = active(tx, bridge.connection_id)
    assert lease is not None
    assert current is not None
    context = RunContext(
        installation=bridge.installation,
        connection=bridge.connection,
        run=lease.run,
        lease=lease,
        current=current,
    )
    write_interactions(context, plan_id)
    context.close()
    with bridge.database.transaction() as tx:
        (step,) = all_steps(tx, bridge.connection_id, plan_id)
    assert (step.state, step.outcome) == ("refused", "another plan has written it since")
    assert mailings.interactions() == []


def test_without_the_scope_for_campaigns_a_run_fails_and_says_so(mailings: Mailings) -> None:
    mailings.member(ADA)
    mailings.firm.settle()
    mailings.send(opened(ADA))
    mailings.firm.policy(campaign_data=False)
    bridge = mailings.firm.bridge
    record = run_now(bridge.installation, bridge.connection_id, "activities")
    assert record.state == "failed"
    assert record.reason is not None
    assert "a scope or a privilege is missing" in record.reason
