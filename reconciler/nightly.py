"""Ask for the runs that are due; exactly once each, however many schedulers look.

Each scheduler works out what is due since the last fire and inserts a row of `schedule_fire`; the
one that gets the row asks for the run in the same transaction. After a time without schedulers one
run catches up, not one for each night.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import class_row

from bridge.cron import due_times, last_due
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from bridge.runs.store import ask_run, load_run
from bridge.wakeups import topics

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.bootstrap import Installation
    from bridge.runs.model import Job, Mode

log = logging.getLogger(__name__)

_SQL = load_queries("reconciler", "schedule.sql")

DEFAULT_CRONS: dict[Job, str] = {
    "lists": "0 1 * * *",
    "contacts": "15 1 * * *",
    "activities": "30 2 * * *",
}
"""Not at the same minute: lists are there before the contacts that go on them."""

_PLANNED_FIRST = frozenset({"lists", "contacts"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """When a job of a connection is due.

    Attributes:
        last_at: When it fired last, or since when it is in force (UTC).
        is_planned: Its plan-only first run has been.
        moment: The installation's time when this was read (UTC).
    """

    connection_id: int
    job: Job
    cron: str
    zone: str
    last_at: datetime
    is_planned: bool
    moment: datetime

    @property
    def mode(self) -> Mode:
        """What the next run does: the first of lists and of contacts only plans."""
        return "plan" if self.job in _PLANNED_FIRST and not self.is_planned else "apply"


def ask_due_runs(installation: Installation) -> list[int]:
    """Ask for every run that is due, wake a worker, and return the runs' ids."""
    zone = installation.settings.zone
    asked = []
    with installation.database.transaction() as tx:
        tx.execute(
            _SQL["add_schedules"],
            {"zone": zone, "jobs": list(DEFAULT_CRONS), "crons": list(DEFAULT_CRONS.values())},
        )
        found = _schedules(tx)
    for schedule in found:
        try:
            if next(due_times(schedule.cron, schedule.zone, schedule.last_at)) > schedule.moment:
                continue
            run_id = None
            with installation.database.transaction() as tx:
                run_id = _ask(tx, schedule)
        except (ConfigurationError, StopIteration) as error:
            about = {"connection": schedule.connection_id, "job": schedule.job}
            log.warning("schedule_unusable", extra={**about, "error": str(error)})
            continue
        if run_id is not None:
            asked.append(run_id)
    if asked:
        installation.waker.wake({topics.RUNS})
    return asked


def _ask(tx: psycopg.Connection[Any], seen: Schedule) -> int | None:
    """Fire what is due of one schedule; return the run that this scheduler asked for."""
    key = (seen.connection_id, seen.job)
    place: dict[str, Any] = {"connection_id": seen.connection_id, "job": seen.job}
    tx.execute(_SQL["lock_schedule"], place)
    schedule = next((one for one in _schedules(tx) if (one.connection_id, one.job) == key), None)
    if schedule is None:
        return None
    due_at = last_due(schedule.cron, schedule.zone, after=schedule.last_at, until=schedule.moment)
    place["due_at"] = due_at
    if due_at is None or tx.execute(_SQL["fire"], place).fetchone() is None:
        return None
    run_id, is_new = ask_run(tx, *key, mode=schedule.mode, origin="schedule", asked_by="schedule")
    if not is_new and not load_run(tx, schedule.connection_id, run_id).does(schedule.mode):
        # A run that does something else is under way: this one stays due until that has ended.
        raise psycopg.Rollback
    tx.execute(_SQL["fired"], place | {"run_id": run_id})
    log.info("schedule_fired", extra={"run": run_id, "job": schedule.job, "new": is_new})
    return run_id


def _schedules(tx: psycopg.Connection[Any]) -> list[Schedule]:
    with tx.cursor(row_factory=class_row(Schedule)) as cursor:
        return cursor.execute(_SQL["schedules"]).fetchall()
