"""The scheduler: sweeps for lost wake-ups, polls for deletions, asks for nightly runs, keeps house.

Any number of schedulers may run: a wake-up is debounced in the database, a poll is claimed, and a
nightly run is asked for by the first that sees it due.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from bridge.db.statistics import refresh_statistics
from bridge.wakeups import topics
from reconciler.nightly import ask_due_runs
from reconciler.set_back import ClockWatch

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from bridge.bootstrap import Installation

log = logging.getLogger(__name__)

_RETENTION_EVERY_S = 3600.0
_STATISTICS_EVERY_S = 2.0


@dataclass
class _Task:
    every_s: float
    run: Callable[[], object]
    due_at: float = 0.0


def run_scheduler(installation: Installation, stop: threading.Event) -> None:
    """Run until told to stop."""
    settings = installation.settings
    waker = installation.waker
    tasks = [
        _Task(settings.sweep_every_s, ClockWatch(installation.database).look),
        _Task(settings.sweep_every_s, waker.sweep),
        _Task(settings.deletes_every_s, lambda: waker.wake({topics.DELETES})),
        _Task(settings.sweep_every_s, lambda: ask_due_runs(installation)),
        _Task(_STATISTICS_EVERY_S, lambda: refresh_statistics(installation.database)),
        _Task(_RETENTION_EVERY_S, lambda: waker.wake({topics.RETENTION})),
    ]
    log.info("scheduler_started")
    while not stop.is_set():
        now = time.monotonic()
        for task in tasks:
            if task.due_at <= now:
                _run(task)
                task.due_at = now + task.every_s
        stop.wait(max(0.05, min(task.due_at for task in tasks) - time.monotonic()))
    installation.broker.close()
    installation.database.close()


def _run(task: _Task) -> None:
    try:
        task.run()
    except psycopg.Error as error:
        log.warning("scheduler_task_failed", extra={"error": type(error).__name__})
