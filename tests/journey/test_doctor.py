"""What the doctor holds and lets go, and what it tells of a night."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from bridge.alerts.watch import look as look_for_alarms
from bridge.doctor.cli import main as doctor
from bridge.doctor.look import look_at
from bridge.doctor.nightly import look_nightly
from bridge.doctor.old_lists import link_lists
from bridge.explain.ask import ask
from bridge.pauses.store import pause_lanes, read_pauses, resume_lanes
from bridge.runs.model import Scope
from bridge.settings import read_settings
from bridge.status.alarms import alarms
from bridge.status.gather import read_watched
from reconciler.reconcile_cli import main as reconcile
from reconciler.runs.execute import run_now
from tests.journey.firm import LIST
from tests.journey.reconciling import decide_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.doctor.findings import Finding
    from bridge.status.model import Alarm
    from tests.journey.firm import Firm

ADA = "ada@example.org"
A_DAY_S = 86_400


def look(firm: Firm) -> tuple[Finding, ...]:
    kit = firm.bridge.installation
    return look_at(firm.bridge.connection, kit.database, kit.keyring, kit.settings).findings


def setup(firm: Firm, **asked: Any) -> None:
    firm.sandbox.control("POST", "/salesforce/setup", asked)


def paused(firm: Firm) -> list[tuple[int, str]]:
    with firm.bridge.database.transaction() as tx:
        return [(one.lane, one.paused_by) for one in read_pauses(tx)]


def standing(firm: Firm) -> list[Alarm]:
    kit = firm.bridge.installation
    with kit.database.transaction() as tx:
        return [one for one in alarms(read_watched(tx, kit.settings)) if one.connection == "firm"]


def work(firm: Firm) -> None:
    """Let the bridge do what it does with what has come, without waiting for what is held."""
    firm.bridge.receive()
    firm.bridge.triage()
    firm.bridge.deliver()


@pytest.fixture
def settled(firm: Firm) -> str:
    """A person who has arrived, on a list."""
    person = firm.member(ADA, firm.new_list(), FirstName="Ada")
    firm.settle()
    firm.bridge.rows("UPDATE api_application SET used = 0 RETURNING id")
    return person


def first_name(firm: Firm) -> str:
    return str(firm.there(ADA)["first_name"])


def test_while_two_write_nothing_is_applied_but_opt_outs_and_then_it_goes_on(
    firm: Firm, settled: str
) -> None:
    setup(firm, package_trigger=True)
    look(firm)
    firm.change(settled, FirstName="Augusta")
    work(firm)
    assert first_name(firm) == "Ada"
    firm.tick(settled)
    work(firm)
    assert firm.there(ADA)["email_address"]["permission_to_send"] == "unsubscribed"
    setup(firm, package_trigger=False)
    look(firm)
    firm.settle()
    assert first_name(firm) == "Augusta"


def test_a_run_that_would_apply_says_who_holds_it_and_why(firm: Firm, settled: str) -> None:
    setup(firm, scheduled_jobs=["Constant Contact Sync"])
    look(firm)
    assert settled
    firm.bridge.rows(
        'UPDATE practifi_record SET fields = fields || \'{"FirstName": "Bo"}\', modstamp = NULL '
        "WHERE kind = 'contact' RETURNING sf_id"
    )
    kit = firm.bridge.installation
    record = run_now(kit, firm.bridge.connection_id, "contacts", "apply", scope=Scope())
    assert record.state == "failed" or not record.counters["planned"]
    (alarm,) = [one for one in standing(firm) if one.cause == "applying_held"]
    assert "'Constant Contact Sync' is scheduled or runs: two would write" in alarm.says


def test_explaining_names_the_doctor_and_not_a_command_that_would_not_last(
    firm: Firm,
) -> None:
    setup(firm, package_trigger=True)
    look(firm)
    list_id = firm.new_list()
    work(firm)
    kit = firm.bridge.installation
    with psycopg.connect(kit.settings.database_url or "") as session:
        explanation = ask(session, list_id, owner_policy="linked_first")
    assert explanation.cause == "lane_held"
    assert explanation.what_to_do.startswith("`bridge doctor --connection firm`")
    waiting = next(one for one in explanation.checks if one.state == "failing")
    assert "the package's own trigger is on" in waiting.facts["paused"]


def test_a_firm_that_wants_two_writers_may_have_them(firm: Firm) -> None:
    setup(firm, package_trigger=True)
    decide_on(firm, "second_writer=allow")
    look(firm)
    assert paused(firm) == []


def test_nothing_at_all_is_applied_to_another_account(firm: Firm) -> None:
    look(firm)
    firm.bridge.rows("UPDATE connection SET cc_account_id = 'another' RETURNING id")
    look(firm)
    assert paused(firm) == [(lane, "doctor") for lane in range(5)]


def test_another_account_is_noticed_once_the_first_was_seen(firm: Firm) -> None:
    assert firm.bridge.connection.cc_account_id is None
    look(firm)
    assert firm.bridge.connection.cc_account_name == "Harbour Lane Wealth"


def test_what_a_person_has_paused_stays_paused(firm: Firm) -> None:
    with firm.bridge.database.transaction() as tx:
        pause_lanes(tx, [firm.bridge.connection_id], [2], by="olga", reason="moving")
    setup(firm, package_trigger=True)
    look(firm)
    assert paused(firm) == [(1, "doctor"), (2, "olga"), (3, "doctor"), (4, "doctor")]
    setup(firm, package_trigger=False)
    look(firm)
    assert paused(firm) == [(2, "olga")]


def test_what_is_held_stays_held_while_a_side_cannot_be_seen(firm: Firm) -> None:
    setup(firm, scheduled_jobs=["Constant Contact Sync"])
    look(firm)
    firm.sandbox.faults({"side": "salesforce", "kind": "error_500"})
    look(firm)
    firm.sandbox.faults()
    firm.sandbox.control("PUT", "/salesforce/policy", {"setup_visible": False})
    look(firm)
    assert len(paused(firm)) == 4


def nights(firm: Firm) -> list[dict[str, Any]]:
    return firm.bridge.rows(
        "SELECT due_at, changes, shape IS NOT NULL AS seen FROM doctor_look ORDER BY due_at"
    )


def test_a_connection_is_looked_at_at_once_and_then_once_a_night(firm: Firm) -> None:
    kit = firm.bridge.installation
    for _ in range(2):
        look_nightly(kit)
    assert len(nights(firm)) == 1
    firm.sandbox.advance(A_DAY_S)
    for _ in range(2):
        look_nightly(kit)
    found = nights(firm)
    assert [one["changes"] for one in found] == [[], []]
    assert (found[1]["due_at"] - found[0]["due_at"]).total_seconds() == A_DAY_S


def test_what_changed_overnight_is_told_and_stands_until_the_next_night(firm: Firm) -> None:
    kit = firm.bridge.installation
    look_nightly(kit)
    method = "practifi__Interaction__c.practifi__Method_Picklist__c"
    values = ["E-mail", "Phone Call", "SMS", "Meeting", "Seminar", "Post", "Web Enquiry", "Unknown"]
    setup(
        firm,
        fields={
            method: {"picklist": values},
            "practifi__Constant_Contact_Membership__c.CC_Bridge_Status__c": {"nillable": False},
        },
        objects={"Contact": {"updateable": False}},
    )
    firm.sandbox.advance(A_DAY_S)
    look_nightly(kit)
    told = {one.about: one.says for one in standing(firm) if one.cause == "organization_changed"}
    assert told[method] == f"the value 'Email' of {method} was renamed to 'E-mail'"
    assert told["Contact"] == "the bridge's user may not edit records of Contact any more"
    assert "is required now" in told["practifi__Constant_Contact_Membership__c.CC_Bridge_Status__c"]
    failed = {one.about for one in standing(firm) if one.cause == "check_failed"}
    assert failed >= {"object_rights", "field_required"}
    look_for_alarms(kit.database, kit.settings, [])
    assert len(firm.bridge.rows("SELECT id FROM alert WHERE cause = 'organization_changed'")) == 3
    firm.sandbox.advance(A_DAY_S)
    look_nightly(kit)
    assert not [one for one in standing(firm) if one.cause == "organization_changed"]


def test_what_became_of_the_installation_overnight_is_told_as_well(
    commands: Callable[..., str], firm: Firm
) -> None:
    firm.bridge.rows(
        "INSERT INTO backup (taken_at, took_s, path, bytes, digest, schema_version, with_keys, "
        "made_by) VALUES (app_now(), 1, '/b', 1, 'd', 1, false, 'ann') RETURNING taken_at"
    )
    kit = replace(firm.bridge.installation, settings=read_settings())
    look_nightly(kit)
    assert "nothing has changed" in commands(doctor, ["--changes"], code=0)
    firm.sandbox.advance(3 * A_DAY_S)
    told = commands(doctor, ["--changes"], code=0).splitlines()
    assert any(line.startswith("  ! backup: the last one is of ") for line in told)
    for _ in range(2):
        look_nightly(kit)
    with kit.database.transaction() as tx:
        found = [one for one in alarms(read_watched(tx, kit.settings)) if one.connection is None]
    assert [one.about for one in found if one.cause == "installation_changed"] == ["backup"]
    firm.sandbox.advance(A_DAY_S)
    look_nightly(kit)
    with kit.database.transaction() as tx:
        causes = {one.cause for one in alarms(read_watched(tx, kit.settings))}
    assert "installation_changed" not in causes


def test_a_night_without_an_answer_is_no_change_and_hides_none(firm: Firm) -> None:
    kit = firm.bridge.installation
    look_nightly(kit)
    firm.sandbox.faults({"side": "salesforce", "kind": "error_500"})
    firm.sandbox.advance(A_DAY_S)
    look_nightly(kit)
    firm.sandbox.faults()
    setup(firm, fields={"Contact.CC_Bridge_Status__c": {"length": 60}})
    firm.sandbox.advance(A_DAY_S)
    look_nightly(kit)
    assert [one["seen"] for one in nights(firm)] == [True, False, True]
    [change] = nights(firm)[-1]["changes"]
    assert change["kind"] == "length_changed"


def test_a_look_that_somebody_has_begun_is_left_to_them_for_a_while(firm: Firm) -> None:
    kit = firm.bridge.installation
    look_nightly(kit)
    firm.bridge.rows(
        "UPDATE doctor_look SET finished_at = NULL, findings = NULL, changes = NULL, shape = NULL "
        "RETURNING due_at"
    )
    look_nightly(kit)
    assert nights(firm)[0]["changes"] is None
    firm.sandbox.advance(16 * 60)
    look_nightly(kit)
    assert nights(firm)[0]["changes"] == []


def recorded(firm: Firm, **what: Any) -> dict[str, Any]:
    """Record a deployed message of Contact, with other fields where they are given."""
    listed = firm.sandbox.control("GET", "/salesforce/definitions")
    one = next(each for each in listed if each["name"] == "CC_Bridge_Contact") | what
    firm.bridge.rows(
        "INSERT INTO outbound_definition (connection_id, action_id, version, object, fields, "
        "in_force_from) VALUES (%(connection_id)s, %(action_id)s, 1, 'Contact', %(fields)s, "
        "app_now() - interval '1 hour') RETURNING action_id",
        action_id=one["action_id"],
        fields=one["fields"],
    )
    return dict(one)


def is_trusted(firm: Firm) -> bool:
    (row,) = firm.bridge.rows("SELECT access_checked_at IS NOT NULL AS it FROM outbound_definition")
    return bool(row["it"])


def test_an_absent_field_means_an_empty_one_only_where_it_would_be_sent(firm: Firm) -> None:
    recorded(firm)
    look(firm)
    assert is_trusted(firm)
    firm.sandbox.control("PUT", "/salesforce/policy", {"hidden_fields": ["Contact.Title"]})
    look(firm)
    assert not is_trusted(firm)


def test_a_field_list_that_is_not_what_is_deployed_is_not_trusted(firm: Firm) -> None:
    recorded(firm, fields=["Id", "Email", "Fax"])
    look(firm)
    assert not is_trusted(firm)


def test_whoever_may_not_read_messages_is_told_nothing_wrong_of_them(firm: Firm) -> None:
    recorded(firm)
    firm.sandbox.control("PUT", "/salesforce/policy", {"metadata_api": False})
    told = {one.check: one for one in look(firm)}
    assert told["outbound messages"].state == "ok"
    assert "may not read them" in told["outbound messages"].says
    assert not is_trusted(firm)


def test_no_finding_holds_a_secret(firm: Firm) -> None:
    url = firm.bridge.url
    firm.sandbox.control("PUT", "/salesforce/endpoint", {"url": f"{url}x"})
    kit = firm.bridge.installation
    settings = kit.settings.model_copy(update={"public_url": "https://bridge.example.org"})
    look_nightly(replace(kit, settings=settings))
    stored = firm.bridge.rows("SELECT * FROM doctor_look")
    secret = url.rpartition("/")[2]
    assert stored
    assert secret not in json.dumps(stored, default=str)


def test_lists_of_the_product_before_are_linked_whatever_they_are_called_now(firm: Firm) -> None:
    there = firm.sandbox.constant_contact("GET", "/contact_lists", name="General Interest").json()
    list_id = there["lists"][0]["list_id"]
    number = "practifi__Constant_Contact_List_ID__c"
    record = firm.create(LIST, Name="News of the house", **{number: "1"})
    gone = firm.create(LIST, Name="An old one", **{number: "4711"})
    with firm.bridge.database.transaction() as tx:
        pause_lanes(tx, [firm.bridge.connection_id], range(1, 5), by="olga")
    work(firm)
    kit = firm.bridge.installation
    told = link_lists(firm.bridge.connection, kit.database, kit.keyring, kit.settings)
    assert {one.sf_id: one.list_id for one in told} == {record: list_id, gone: None}
    with firm.bridge.database.transaction() as tx:
        resume_lanes(tx, [firm.bridge.connection_id], range(1, 5))
    firm.settle()
    assert firm.record(LIST, record)[number] == list_id
    shown = firm.sandbox.constant_contact("GET", f"/contact_lists/{list_id}").json()
    assert shown["name"] == "News of the house"
    assert link_lists(firm.bridge.connection, kit.database, kit.keyring, kit.settings) == []


SWITCH = "practifi__Constant_Contact_Trigger__c"
OTHER_WRITERS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "trigger": (
        {"package_trigger": True},
        {"package_trigger": False},
        f"Custom Settings, practifi__PractiFI_Trigger_Setting__c, Manage: untick {SWITCH}",
    ),
    "job": (
        {"scheduled_jobs": ["Constant Contact Sync"]},
        {"ended_jobs": ["Constant Contact Sync"]},
        "in Setup, Scheduled Jobs (or Apex Jobs): delete Constant Contact Sync",
    ),
}


@pytest.mark.parametrize("writer", OTHER_WRITERS)
def test_the_commands_apply_nothing_beside_another_writer_and_say_where_it_is_switched_off(
    commands: Callable[..., str], firm: Firm, settled: str, writer: str
) -> None:
    switched_on, switched_off, where = OTHER_WRITERS[writer]
    setup(firm, **switched_on)
    assert where in commands(doctor, [], code=1)
    firm.change(settled, FirstName="Augusta")
    work(firm)
    told = commands(reconcile, ["contacts"], code=1)
    assert where in told
    assert told.rstrip().endswith("`bridge doctor --connection firm`, then run it again")
    assert "Augusta" in commands(reconcile, ["contacts", "--plan"], code=0)
    assert first_name(firm) == "Ada"
    setup(firm, **switched_off)
    assert "two would write" not in commands(doctor, [])
    assert "Done: 1 confirmed" in commands(reconcile, ["contacts"], code=0)
    assert first_name(firm) == "Augusta"
