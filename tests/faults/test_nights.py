"""Nights in bad company: two schedulers, a clock that jumps, a service that is down for a day."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.clock import advance, now
from bridge.db.database import open_database
from reconciler.nightly import ask_due_runs
from reconciler.runs import context
from reconciler.runs.context import Watcher
from reconciler.set_back import ClockWatch
from tests.faults.deaf import NIGHT, DeafFirm, a_deaf_firm
from tests.journey.dying import Killed

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from datetime import datetime

    from bridge.runs.model import Job
    from tests.fix_faults import Tally
    from tests.journey.firm import Firm

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
NIGHTS = 2
JUMPS = 2
LATEST = 25  # looks at a run before its clock jumps
SCHEDULERS = 2
DOWN: dict[str, dict[str, object]] = {
    "constant_contact": {"side": "constant_contact", "kind": "unavailable", "path": "/v3/|/token"},
    "salesforce": {"side": "salesforce", "kind": "unavailable", "path": "/services/data"},
}
DROP: dict[str, object] = {"side": "outbound", "kind": "drop", "times": None}


def moment(firm: Firm) -> datetime:
    with firm.bridge.database.transaction() as tx:
        return now(tx)


def move_to(firm: Firm, hour: int, minute: int) -> None:
    """Move both clocks on to the next time that it is so late."""
    at = moment(firm)
    then = at.replace(hour=hour, minute=minute, second=0)
    firm.sandbox.advance((then - at).total_seconds() % DAY_S)


def a_scheduled_night(deaf: DeafFirm) -> list[Job]:
    """Let the schedules fire, lists before contacts; return the jobs that ran."""
    jobs: list[Job] = []
    for minute in (5, 20):
        move_to(deaf.firm, 1, minute)
        for run_id in due_runs(deaf.firm):
            deaf.see_through(run_id)
            jobs.append(deaf.load(run_id).job)
    return jobs


def due_runs(firm: Firm) -> list[int]:
    """Let two schedulers look at the same moment; return the runs that they asked for."""
    asked: list[int] = []
    start = threading.Barrier(SCHEDULERS)

    def look() -> None:
        database = open_database(firm.bridge.installation.settings, size=1)
        try:
            start.wait()
            asked.extend(ask_due_runs(replace(firm.bridge.installation, database=database)))
        finally:
            database.close()

    threads = [threading.Thread(target=look) for _ in range(SCHEDULERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(asked)


def begin_schedules(deaf: DeafFirm) -> None:
    """Let the schedules begin, past their first nights, which only plan."""
    ask_due_runs(deaf.firm.bridge.installation)
    deaf.firm.bridge.rows(
        "UPDATE schedule SET first_planned_at = app_now() WHERE job <> 'activities' RETURNING job"
    )
    deaf.firm.bridge.rows("UPDATE schedule SET enabled = job <> 'activities' RETURNING job")


def test_two_schedulers_at_once_have_one_run_of_each_job_a_night(
    firm: Firm, plan: random.Random, scaled: Callable[[int], int], tally: Tally
) -> None:
    deaf = a_deaf_firm(firm, plan)
    begin_schedules(deaf)
    jobs: list[Job] = []
    nights = scaled(NIGHTS)
    for _ in range(nights):
        deaf.work()
        jobs += a_scheduled_night(deaf)
    wrong = [] if jobs == ["lists", "contacts"] * nights else [f"the runs are {jobs}"]
    deaf.judge(tally, "two schedulers at once", tried=nights, wrong=wrong)


class Jumper(Watcher):
    """Lets the clock jump while a run goes; the process may die there, or another come along."""

    def __init__(self, deaf: DeafFirm, run_id: int, by_s: float, plan: random.Random) -> None:
        self._deaf = deaf
        self._run_id = run_id
        self._by_s = by_s
        self._left = plan.randint(1, LATEST)
        self._fate = plan.choice(("lives", "dies", "meets another"))
        self._clock = ClockWatch(deaf.firm.bridge.database)
        self._clock.look()

    def progress(self, what: str, done: int, total: int | None) -> None:  # noqa: ARG002
        """Jump, if this is the moment."""
        self._left -= 1
        if self._left:
            return
        with self._deaf.firm.bridge.database.transaction() as tx:
            advance(tx, self._by_s)
        self._clock.look()
        if self._fate == "dies":
            raise Killed
        if self._fate == "meets another" and self._by_s > 0:
            self._deaf.see_through(self._run_id)


@pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S], ids=["ahead", "back"])
def test_a_clock_that_jumps_in_a_run_leaves_nothing_undone_or_done_twice(
    by_s: float, firm: Firm, plan: random.Random, scaled: Callable[[int], int], tally: Tally
) -> None:
    deaf = a_deaf_firm(firm, plan)
    jumps = scaled(JUMPS)
    for _ in range(jumps):
        deaf.work()
        deaf.night(lambda run_id: Jumper(deaf, run_id, by_s, plan))
        firm.sandbox.advance(2 * HOUR_S)  # the clocks of both services and ours part no further
    deaf.night()
    way = "ahead" if by_s > 0 else "back"
    deaf.judge(tally, f"clock an hour {way} in a run", tried=2 * jumps)


@pytest.mark.parametrize("side", DOWN)
def test_a_service_that_is_down_for_a_day_is_made_up_for_by_the_next_night(
    side: str, firm: Firm, plan: random.Random, tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "_WAITS_S", (0.01,))
    deaf = a_deaf_firm(firm, plan)
    begin_schedules(deaf)
    deaf.night()
    move_to(firm, 22, 40)
    failed: dict[str, Any] = {}
    for hour in range(0, 24, 6):
        firm.sandbox.faults(DROP)
        deaf.work(6)
        firm.sandbox.faults(DROP, DOWN[side])
        for run_id in due_runs(firm):
            deaf.carry_on(run_id)
            failed[f"{hour} {deaf.load(run_id).job}"] = deaf.load(run_id).progress.get("failure")
        firm.sandbox.advance(6 * HOUR_S)
    firm.sandbox.faults(DROP)
    assert set(failed.values()) == {"unavailable"}
    assert a_scheduled_night(deaf) == list(NIGHT)
    deaf.judge(tally, f"{side} down for a day", tried=len(failed))
