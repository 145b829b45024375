"""What a person had better look at of the runs: failed, missing, stopped, refusing much. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.cron import last_due
from bridge.errors import ConfigurationError
from bridge.status.model import Alarm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.status.model import Screen
    from bridge.status.watched import ScheduleState

MISSING_AFTER = timedelta(hours=1)
"""How long after its due time a run may begin."""

MOST_REJECTED = 0.02
"""The share of what a run reads that it may be unable to take."""

MOST_FALLEN = 0.005
"""How far the share of records that agree may fall below what is usual."""


def of_runs(screen: Screen) -> Iterator[Alarm]:
    """Yield what stands against the runs."""
    for run in screen.failed_runs:
        yield Alarm(
            cause="run_failed",
            connection=screen.name_of(run.connection_id),
            about=run.job,
            says=f"run {run.id} of {run.job} failed: {run.reason or 'no reason is kept'}",
            what_to_do=f"`bridge runs show {run.id}`; run it again, it goes on where it was",
        )
    for schedule in screen.schedules:
        yield from _of_schedule(screen, schedule)
    for plan in screen.held_plans:
        yield Alarm(
            cause="guard_tripped",
            connection=screen.name_of(plan.connection_id),
            about=plan.job,
            says=f"plan {plan.id} of {plan.job} waits for a person: {plan.reason}",
            what_to_do=f"`bridge plan show {plan.id}`, then `bridge plan approve {plan.id}` or "
            f"`bridge plan discard {plan.id}`",
        )
    for score in screen.integrity:
        if score.usual is not None and score.share < score.usual - MOST_FALLEN:
            why = ", ".join(
                f"{count:,} {cause.replace('_', ' ')}"
                for cause, count in sorted(score.causes.items(), key=lambda pair: -pair[1])
            )
            yield Alarm(
                cause="integrity_fell",
                connection=screen.name_of(score.connection_id),
                about=score.job,
                says=f"{score.share:.2%} of {score.linked:,} linked {score.job} agree, "
                f"{score.usual:.2%} are usual: {why}",
                what_to_do="`bridge integrity` shows which records and fields differ, and why",
            )
    for found in screen.rejections:
        share = found.rejected / found.read if found.read else 0.0
        if share > MOST_REJECTED:
            yield Alarm(
                cause="rejected_share",
                connection=screen.name_of(found.connection_id),
                about=found.job,
                says=f"run {found.run_id} of {found.job} could not take {found.rejected:,} of "
                f"{found.read:,}, more than {MOST_REJECTED:.0%}",
                what_to_do=f"`bridge runs show {found.run_id}` counts the reasons",
            )


def _of_schedule(screen: Screen, schedule: ScheduleState) -> Iterator[Alarm]:
    def alarm(cause: str, says: str, what_to_do: str) -> Alarm:
        name = screen.name_of(schedule.connection_id)
        return Alarm(
            cause=cause, connection=name, about=schedule.job, says=says, what_to_do=what_to_do
        )

    until = screen.at - MISSING_AFTER
    try:
        due_at = last_due(schedule.cron, schedule.zone, after=schedule.since, until=until)
    except ConfigurationError as error:
        yield alarm(
            "schedule_unusable",
            f"nobody can tell when {schedule.job} is due: {error}",
            "correct the row of the table `schedule`",
        )
        return
    if due_at is not None and (schedule.met_at is None or schedule.met_at < due_at):
        yield alarm(
            "run_missing",
            f"the run of {schedule.job} due at {due_at:%Y-%m-%d %H:%M} UTC has not begun",
            "see that `bridge scheduler` and `bridge worker` run, and what `bridge runs list` says",
        )
