"""Alarms: what stands against the installation, from how things stand at one moment."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.delivery.work import CONSENT, WEBHOOK
from bridge.pauses.store import DOCTOR, Pause
from bridge.status.alarms import alarms
from bridge.status.model import Budget, ConnectionState, LaneState, NotificationCount, Screen
from bridge.status.text import lines
from bridge.status.watched import (
    Certificate,
    FailedRun,
    HeldPlan,
    Integrity,
    LoginEnd,
    NightChange,
    NightFailure,
    OutletState,
    Rejections,
    ScheduleState,
    Silence,
    TokenEnd,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRM = ConnectionState(id=1, name="firm", state="active", mapping_version=3)
WELL = Screen(
    at=AT,
    connections=(FIRM,),
    lanes=(),
    pauses=(),
    notifications=(),
    dead_letters=(),
    budgets=(),
    runs=(),
    has_postgres_broker=True,
    worker_silence_s=0.5,
    oldest_wakeup_at=None,
)


def minutes_ago(minutes: float) -> datetime:
    return AT - timedelta(minutes=minutes)


def a_lane(minutes: float, lane: int = WEBHOOK) -> LaneState:
    return LaneState(
        connection_id=1,
        lane=lane,
        waiting=7,
        in_hand=0,
        retrying=0,
        given_up=0,
        due_since=minutes_ago(minutes),
    )


def a_pause(lane: int) -> Pause:
    return Pause(
        connection_id=1, connection="firm", lane=lane, paused_at=AT, paused_by="olga", reason=None
    )


def a_budget(used: int, **values: Any) -> Budget:
    given = {"paused_until": None, "begins_anew_at": AT + timedelta(hours=12)} | values
    return Budget(
        id=1, day_limit=10_000, consent_reserve=500, used=used, connections=["firm"], **given
    )


WAITING = NotificationCount(connection_id=1, state="waiting", count=3, untriaged_since=None)
PAUSED = replace(FIRM, state="paused", state_reason="authorise again")
UNMAPPED = replace(FIRM, mapping_version=None)
FAULTY = replace(FIRM, mapping_fault="contact.yaml:6:3: no field\ncontact.yaml:9:3: no rule")
UNCONNECTED = replace(FIRM, state="unconnected")

FAILED = FailedRun(connection_id=1, job="contacts", id=3, reason="no answer", finished_at=AT)
HELD = HeldPlan(connection_id=1, id=9, job="contacts", reason="31 removals of 1,204")
SILENT = Silence(
    connection_id=1,
    object="Contact",
    definitions=["04k5g000000Cc01AAC"],
    since=minutes_ago(31),
    changed=2,
)


CHANGED = NightChange(connection_id=1, about="Contact.Title", says="Contact.Title is gone")


def failure(cause: str) -> NightFailure:
    return NightFailure(connection_id=1, cause=cause, says="it is so", advice="mend it")


def a_schedule(met_at: datetime | None, **values: Any) -> ScheduleState:
    """Due each day at ten."""
    given: dict[str, Any] = {"cron": "0 10 * * *", "zone": "UTC", "since": AT - timedelta(days=3)}
    given |= values
    return ScheduleState(connection_id=1, job="contacts", met_at=met_at, **given)


def a_certificate(days: float, refused: str | None = None) -> Certificate:
    ends_at = None if refused else AT + timedelta(days=days)
    return Certificate(address="bridge.example.org:443", ends_at=ends_at, refused=refused)


def rejections(rejected: int) -> Rejections:
    return Rejections(connection_id=1, job="contacts", run_id=3, read=1_000, rejected=rejected)


def a_score(agreeing: int, usual: float | None = 0.99) -> Integrity:
    return Integrity(
        connection_id=1,
        job="contacts",
        run_id=3,
        linked=1_000,
        agreeing=agreeing,
        usual=usual,
        causes={"no_message": 990 - agreeing, "unexplained": 10},
    )


def a_token(days: float) -> TokenEnd:
    return TokenEnd(connection_id=1, ends_at=AT + timedelta(days=days))


def an_outlet(failed_since: datetime | None) -> OutletState:
    return OutletState(name="webhook", waiting=1, failed_since=failed_since, error="answered 404")


STANDING: dict[str, list[dict[str, Any]]] = {
    "no_worker": [
        {"worker_silence_s": None},
        {"worker_silence_s": 60.0},
        {"has_postgres_broker": False, "oldest_wakeup_at": minutes_ago(2)},
    ],
    "day_spent": [
        {"budgets": (a_budget(9_500),)},
        {"budgets": (a_budget(3, paused_until=AT + timedelta(hours=1)),)},
    ],
    "connection_paused": [{"connections": (PAUSED,)}],
    "no_credentials": [{"connections": (UNCONNECTED,), "notifications": (WAITING,)}],
    "no_mapping": [{"connections": (UNMAPPED,), "notifications": (WAITING,)}],
    "mapping_faulty": [
        {"connections": (FAULTY,)},
        {"connections": (FAULTY,), "lanes": (a_lane(16),)},
    ],
    "mapping_waits": [{"connections": (replace(FIRM, mapping_waits="30 of 40 change"),)}],
    "opt_outs_paused": [{"pauses": (a_pause(CONSENT),)}],
    "restored": [{"pauses": (replace(a_pause(WEBHOOK), paused_by="bridge restore"),)}],
    "consent_late": [{"connections": (replace(FIRM, consent_since=minutes_ago(16)),)}],
    "deliveries_stuck": [{"lanes": (a_lane(16),)}],
    "run_failed": [{"failed_runs": (FAILED,)}],
    "run_missing": [
        {"schedules": (a_schedule(None),)},
        {"schedules": (a_schedule(AT - timedelta(hours=26)),)},
    ],
    "schedule_unusable": [{"schedules": (a_schedule(None, cron="at ten"),)}],
    "guard_tripped": [{"held_plans": (HELD,)}],
    "rejected_share": [{"rejections": (rejections(21),)}],
    "integrity_fell": [{"integrity": (a_score(984),)}],
    "salesforce_silent": [{"silences": (SILENT,)}],
    "token_ends": [{"token_ends": (a_token(13.9),)}],
    "login_ends": [{"login_ends": (LoginEnd(connection_id=1, ends_at=AT + timedelta(days=29.9)),)}],
    "certificate_ends": [
        {"certificates": (a_certificate(9.9),)},
        {"certificates": (a_certificate(60, refused="self-signed certificate"),)},
    ],
    "applying_held": [
        {"pauses": (replace(a_pause(WEBHOOK), paused_by=DOCTOR),)},
        {"pauses": tuple(replace(a_pause(lane), paused_by=DOCTOR) for lane in range(5))},
    ],
    "installation_changed": [{"night_changes": (replace(CHANGED, connection_id=None),)}],
    "organization_changed": [{"night_changes": (CHANGED,)}],
    "check_failed": [
        {"night_failures": (failure("field_missing"),)},
        {"night_failures": (failure("field_missing"), failure("field_missing"))},
    ],
    "alerts_untaken": [{"outlets": (an_outlet(minutes_ago(6)),)}],
}

QUIET: dict[str, dict[str, Any]] = {
    "worker of another broker": {"has_postgres_broker": False, "worker_silence_s": None},
    "a call left": {"budgets": (a_budget(9_499),)},
    "nothing to deliver": {"connections": (UNCONNECTED,)},
    "no mapping and nothing to map": {"connections": (UNMAPPED,)},
    "another lane paused": {"pauses": (a_pause(WEBHOOK),)},
    "consent in time": {"connections": (replace(FIRM, consent_since=minutes_ago(14)),)},
    "work in time": {"lanes": (a_lane(14),)},
    "a run since it was due": {"schedules": (a_schedule(AT - timedelta(hours=2)),)},
    "a run that may still begin": {
        "schedules": (a_schedule(AT - timedelta(days=1), cron="1 11 * * *"),)
    },
    "nothing due yet": {"schedules": (a_schedule(None, since=AT - timedelta(hours=1)),)},
    "a usual score": {"integrity": (a_score(986),)},
    "a first score": {"integrity": (a_score(500, usual=None),)},
    "few rejected": {"rejections": (rejections(20),)},
    "a token in use": {"token_ends": (a_token(14),)},
    "a login that holds": {
        "login_ends": (LoginEnd(connection_id=1, ends_at=AT + timedelta(days=30)),)
    },
    "a certificate that holds": {"certificates": (a_certificate(10),)},
    "an outlet that failed a moment ago": {"outlets": (an_outlet(minutes_ago(4)),)},
    "a failure that another alarm tells": {"night_failures": (failure("connection_paused"),)},
    "late because paused": {"lanes": (a_lane(16),), "pauses": (a_pause(WEBHOOK),)},
}


def causes(**changed: Any) -> list[str]:
    return [alarm.cause for alarm in alarms(replace(WELL, **changed))]


@pytest.mark.parametrize(
    ("cause", "changed"),
    [(cause, changed) for cause, cases in STANDING.items() for changed in cases],
)
def test_an_alarm_stands_for_its_cause_alone(cause: str, changed: dict[str, Any]) -> None:
    assert causes(**changed) == [cause]


@pytest.mark.parametrize("changed", QUIET.values(), ids=QUIET)
def test_what_is_in_order_raises_no_alarm(changed: dict[str, Any]) -> None:
    assert causes(**changed) == []


def test_what_fell_silent_is_named_with_its_definition() -> None:
    (alarm,) = alarms(replace(WELL, silences=(SILENT,)))
    assert alarm.about == "Contact"
    assert "2 records of Contact changed since 2026-03-01 11:29 UTC" in alarm.says
    assert "outbound message 04k5g000000Cc01AAC" in alarm.says


def test_a_spent_day_is_not_a_stuck_lane_as_well() -> None:
    assert causes(lanes=(a_lane(16),), budgets=(a_budget(9_500),)) == ["day_spent"]


def test_every_alarm_is_on_the_screen_with_what_to_do() -> None:
    for cases in STANDING.values():
        screen = replace(WELL, **cases[0])
        standing = alarms(screen)
        shown = list(lines(screen, standing))
        assert shown[0].startswith("ALARM ")
        assert shown[1].strip() == f"-> {standing[0].what_to_do}"


def test_every_cause_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text(encoding="utf-8")
    table = page.partition("<!-- causes")[2].partition("<!-- end of causes -->")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(STANDING)
