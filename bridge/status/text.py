"""How `bridge status` looks in a terminal, and as JSON. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bridge.delivery.work import LANES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from bridge.status.model import Alarm, Budget, ConnectionState, LaneState, Screen
    from bridge.status.watched import OutletState

_HEAD = 17
_REASON = 90


def lines(screen: Screen, alarms: Sequence[Alarm]) -> Iterator[str]:
    """Yield the screen, line by line: alarms first, then each connection, then what they share."""
    for alarm in alarms:
        whose = f"{alarm.connection}: " if alarm.connection else ""
        yield f"{'ALARM':{_HEAD}}{whose}{alarm.says}"
        yield f"{'':{_HEAD}}-> {alarm.what_to_do}"
    if not alarms:
        yield f"{'no alarm':{_HEAD}}{screen.at:%Y-%m-%d %H:%M} UTC"
    for connection in screen.connections:
        yield ""
        yield from _connection(screen, connection)
    if not screen.connections:
        yield f"{'connections':{_HEAD}}none: `bridge connect salesforce`"
    yield ""
    for budget in screen.budgets:
        yield f"{'API calls':{_HEAD}}{_budget(budget)}"
    yield f"{'worker':{_HEAD}}{_worker(screen)}"
    for outlet in screen.outlets:
        yield f"{'alerts':{_HEAD}}by {outlet.name}: {_outlet(outlet)}"
    if not screen.outlets:
        yield f"{'alerts':{_HEAD}}nobody is told: set BRIDGE_ALERT_WEBHOOK or BRIDGE_ALERT_MAIL"


def _connection(screen: Screen, connection: ConnectionState) -> Iterator[str]:
    version = connection.mapping_version
    mapping = f"mapping version {version}" if version else "no mapping in force"
    yield f"{connection.name:{_HEAD}}{connection.state}, {mapping}"
    lanes = {each.lane: each for each in screen.lanes if each.connection_id == connection.id}
    for number, name in enumerate(LANES):
        paused = next(
            (
                pause
                for pause in screen.pauses
                if pause.connection_id == connection.id and pause.lane == number
            ),
            None,
        )
        if number in lanes or paused is not None:
            words = [_lane(lanes[number], screen.at)] if number in lanes else []
            words += [paused.words()] if paused else []
            yield f"  {name:{_HEAD - 2}}{'; '.join(words)}"
    if not lanes:
        yield f"  {'lanes':{_HEAD - 2}}nothing waits"
    since = connection.consent_since
    yield f"  {'consent':{_HEAD - 2}}" + (
        f"the oldest change waits for {age(screen.at - since)}" if since else "nothing open"
    )
    counts = [
        f"{each.count:,} {each.state}"
        for each in screen.notifications
        if each.connection_id == connection.id
    ]
    yield f"  {'notifications':{_HEAD - 2}}{', '.join(counts) or 'none'}"
    for dead in screen.dead_letters:
        if dead.connection_id == connection.id:
            yield f"  {'dead':{_HEAD - 2}}{dead.count:,} x {dead.reason[:_REASON]}"
    for run in screen.runs:
        if run.connection_id == connection.id:
            why = f": {run.reason[:_REASON]}" if run.reason else ""
            at = run.finished_at or run.asked_at
            state = f"{run.mode} {run.state} {at:%Y-%m-%d %H:%M} UTC"
            yield f"  {run.job:{_HEAD - 2}}run {run.id}, {state}{why}"


def _lane(lane: LaneState, at: datetime) -> str:
    words = [f"{lane.waiting:,} waiting"]
    if lane.due_since is not None:
        words.append(f"the oldest due for {age(at - lane.due_since)}")
    words += [
        f"{count:,} {what}"
        for count, what in (
            (lane.in_hand, "in hand"),
            (lane.retrying, "tried again"),
            (lane.given_up, "given up"),
        )
        if count
    ]
    return ", ".join(words)


def _budget(budget: Budget) -> str:
    end = (
        f"none left before {budget.spent_until:%Y-%m-%d %H:%M} UTC"
        if budget.spent_until
        else f"{budget.left:,} left"
    )
    return (
        f"{budget.used:,} of {budget.day_limit:,} used today, {end}, "
        f"{budget.consent_reserve:,} kept for opt-outs"
    )


def _worker(screen: Screen) -> str:
    if not screen.has_postgres_broker:
        return "not known: wake-ups go through another broker"
    if screen.worker_silence_s is None:
        return "none has been seen"
    return f"last seen {screen.worker_silence_s:.0f} s ago"


def _outlet(outlet: OutletState) -> str:
    last = outlet.delivered_at
    words = [f"last taken {last:%Y-%m-%d %H:%M} UTC" if last else "none was taken yet"]
    if outlet.waiting:
        words.append(f"{outlet.waiting:,} waiting")
    if outlet.error is not None:
        words.append(outlet.error)
    return ", ".join(words)


def age(passed: timedelta) -> str:
    """Return an age in the largest unit that tells something.

    >>> from datetime import timedelta
    >>> age(timedelta(seconds=42)), age(timedelta(minutes=90)), age(timedelta(days=3))
    ('42 s', '90 min', '72 h')
    """
    seconds = max(0, int(passed.total_seconds()))
    for unit_s, unit in ((7_200, "h"), (120, "min")):
        if seconds >= unit_s:
            return f"{seconds // (3_600 if unit == 'h' else 60)} {unit}"
    return f"{seconds} s"


def as_json(screen: Screen, alarms: Sequence[Alarm]) -> dict[str, Any]:
    """Return the screen for programs; times are ISO 8601."""
    names = {connection.id: connection.name for connection in screen.connections}

    def named(row: Any, *left_out: str) -> dict[str, Any]:
        values = asdict(row)
        whose = names[values.pop("connection_id")]
        for name in left_out:
            values.pop(name)
        if "lane" in values:
            values["lane"] = LANES[values["lane"]]
        return {"connection": whose} | values

    return {
        "ok": not alarms,
        "at": screen.at,
        "alarms": [asdict(alarm) for alarm in alarms],
        "connections": [
            {
                "name": connection.name,
                "state": connection.state,
                "reason": connection.state_reason,
                "mapping_version": connection.mapping_version,
                "mapping_fault": connection.mapping_fault,
                "oldest_consent_at": connection.consent_since,
            }
            for connection in screen.connections
        ],
        "lanes": [named(lane) for lane in screen.lanes],
        "paused": [named(pause) for pause in screen.pauses],
        "notifications": [named(each, "untriaged_since") for each in screen.notifications],
        "dead_letters": [named(each) for each in screen.dead_letters],
        "runs": [named(run) for run in screen.runs],
        "budgets": [
            asdict(budget) | {"left": budget.left, "spent_until": budget.spent_until}
            for budget in screen.budgets
        ],
        "worker_silence_s": screen.worker_silence_s,
        "outlets": [asdict(outlet) for outlet in screen.outlets],
    }
