"""What a person had better look at now, from how things stand. Pure."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from bridge.backups.manifest import RESTORE
from bridge.delivery.work import CONSENT, LANES
from bridge.status.model import Alarm
from bridge.status.of_doctor import of_doctor
from bridge.status.of_runs import of_runs
from bridge.status.of_surroundings import of_surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.status.model import ConnectionState, Screen

LATE = timedelta(minutes=15)
"""How old a change of consent, or work that nobody takes, may become."""

_SILENT_S = 15.0
_UNTAKEN = timedelta(minutes=1)


def alarms(screen: Screen) -> tuple[Alarm, ...]:
    """Return what stands against the installation, the whole of it first.

    `bridge status` shows them, and `bridge.alerts` tells of them: one judgement, two outlets.
    """
    of_connections = chain.from_iterable(
        _connection(screen, connection) for connection in screen.connections
    )
    return (
        *_installation(screen),
        *_budgets(screen),
        *of_connections,
        *of_doctor(screen),
        *of_runs(screen),
        *of_surroundings(screen),
    )


def _installation(screen: Screen) -> Iterator[Alarm]:
    silence_s = screen.worker_silence_s
    is_silent = screen.has_postgres_broker and (silence_s is None or silence_s > _SILENT_S)
    wakeup_at = screen.oldest_wakeup_at
    if is_silent or (wakeup_at is not None and screen.at - wakeup_at > _UNTAKEN):
        yield Alarm(
            cause="no_worker",
            connection=None,
            says="no worker has been seen lately: nothing is delivered",
            what_to_do="start `bridge worker`, or `bridge up`",
        )


def _budgets(screen: Screen) -> Iterator[Alarm]:
    for budget in screen.budgets:
        if budget.spent_until is not None:
            yield Alarm(
                cause="day_spent",
                connection=", ".join(budget.connections),
                says=f"{budget.used:,} of {budget.day_limit:,} API calls of the day are used",
                what_to_do=f"wait: deliveries go on at {budget.spent_until:%Y-%m-%d %H:%M} UTC",
            )


def _connection(screen: Screen, connection: ConnectionState) -> Iterator[Alarm]:
    def alarm(cause: str, says: str, what_to_do: str) -> Alarm:
        return Alarm(cause=cause, connection=connection.name, says=says, what_to_do=what_to_do)

    if connection.state == "paused":
        yield alarm(
            "connection_paused",
            connection.state_reason or "the connection is paused",
            f"`bridge connect check {connection.name}` says which login, and what to do",
        )
    open_count = sum(
        each.count
        for each in screen.notifications
        if each.connection_id == connection.id and each.state in {"received", "waiting", "working"}
    )
    if connection.state == "unconnected" and open_count:
        yield alarm(
            "no_credentials",
            f"{open_count:,} notifications wait for credentials",
            f"`bridge connect salesforce {connection.name}`, then "
            f"`bridge connect constant-contact {connection.name}`",
        )
    if connection.mapping_version is None and open_count:
        yield alarm(
            "no_mapping",
            "no mapping is in force: nothing is triaged",
            "`bridge mapping activate`",
        )
    if connection.mapping_fault is not None:
        first, *others = connection.mapping_fault.splitlines()
        more = f", and {len(others)} more" if others else ""
        yield alarm(
            "mapping_faulty",
            f"version {connection.mapping_version} of the mapping cannot be used, so nothing is "
            f"triaged or delivered: {first}{more}",
            "correct it by `bridge mapping check`, then `bridge mapping activate`",
        )
    if connection.mapping_waits is not None:
        yield alarm(
            "mapping_waits",
            f"mapping files wait for a word: {connection.mapping_waits}",
            "`bridge mapping pending` shows what they change; then `bridge mapping approve` or "
            "`bridge mapping reject`",
        )
    if screen.is_paused(connection.id, CONSENT, by_doctor=False):
        yield alarm("opt_outs_paused", "opt-outs are paused", "`bridge resume --lane consent`")
    restored_at = [
        pause.paused_at
        for pause in screen.pauses
        if pause.connection_id == connection.id and pause.paused_by == RESTORE
    ]
    if restored_at:
        yield alarm(
            "restored",
            f"restored from a backup at {max(restored_at):%Y-%m-%d %H:%M} UTC: only opt-outs are "
            "delivered",
            f"`bridge reconcile contacts --plan --connection {connection.name}`, look at its plan, "
            f"then `bridge resume --connection {connection.name}`",
        )
    since = connection.consent_since
    if since is not None and screen.at - since > LATE:
        yield alarm(
            "consent_late",
            f"a change of consent has not been carried out since {since:%Y-%m-%d %H:%M} UTC",
            "`bridge inbox list --state dead` and `bridge audit lag`; "
            "`bridge explain WHO` names the cause",
        )
    yield from _stuck(screen, connection)


def _stuck(screen: Screen, connection: ConnectionState) -> Iterator[Alarm]:
    """Yield lanes whose work could be taken and is not."""
    is_spent = any(
        connection.name in budget.connections and budget.spent_until is not None
        for budget in screen.budgets
    )
    has_mapping = connection.mapping_version is not None and connection.mapping_fault is None
    if connection.state != "active" or not has_mapping or is_spent:
        return
    for lane in screen.lanes:
        is_late = lane.due_since is not None and screen.at - lane.due_since > LATE
        if (
            lane.connection_id == connection.id
            and is_late
            and not screen.is_paused(connection.id, lane.lane)
        ):
            yield Alarm(
                cause="deliveries_stuck",
                connection=connection.name,
                says=f"the lane {LANES[lane.lane]} has work due since "
                f"{lane.due_since:%Y-%m-%d %H:%M} UTC, {lane.waiting:,} in all",
                what_to_do="look at the worker's log, and at `bridge doctor`",
                about=LANES[lane.lane],
            )
