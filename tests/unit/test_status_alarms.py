"""Alarms: what stands against the installation, from how things stand at one moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.delivery.work import CONSENT, WEBHOOK
from bridge.pauses.store import Pause
from bridge.status.alarms import alarms
from bridge.status.model import Budget, ConnectionState, LaneState, NotificationCount, Screen
from bridge.status.text import lines

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
    "opt_outs_paused": [{"pauses": (a_pause(CONSENT),)}],
    "consent_late": [{"connections": (replace(FIRM, consent_since=minutes_ago(16)),)}],
    "deliveries_stuck": [{"lanes": (a_lane(16),)}],
}

QUIET: dict[str, dict[str, Any]] = {
    "worker of another broker": {"has_postgres_broker": False, "worker_silence_s": None},
    "a call left": {"budgets": (a_budget(9_499),)},
    "nothing to deliver": {"connections": (UNCONNECTED,)},
    "no mapping and nothing to map": {"connections": (UNMAPPED,)},
    "another lane paused": {"pauses": (a_pause(WEBHOOK),)},
    "consent in time": {"connections": (replace(FIRM, consent_since=minutes_ago(14)),)},
    "work in time": {"lanes": (a_lane(14),)},
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


def test_a_spent_day_is_not_a_stuck_lane_as_well() -> None:
    assert causes(lanes=(a_lane(16),), budgets=(a_budget(9_500),)) == ["day_spent"]


def test_every_alarm_is_on_the_screen_with_what_to_do() -> None:
    for cases in STANDING.values():
        screen = replace(WELL, **cases[0])
        standing = alarms(screen)
        shown = list(lines(screen, standing))
        assert shown[0].startswith("ALARM ")
        assert shown[1].strip() == f"-> {standing[0].what_to_do}"
