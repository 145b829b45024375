"""The scheduler: sweeps for lost wake-ups, polls, asks for nightly runs, keeps house, tells alarms.

Any number of schedulers may run: a wake-up is debounced in the database, a poll is claimed, a
nightly run is asked for by the first that sees it due, and an alarm is told by one of them.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg

from bridge.alerts.named import public_address
from bridge.alerts.outlets import open_outlets
from bridge.alerts.watch import watch
from bridge.db.statistics import refresh_statistics
from bridge.wakeups import topics
from reconciler.nightly import ask_due_runs
from reconciler.set_back import ClockWatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.bootstrap import Installation

log = logging.getLogger(__name__)

_RETENTION_EVERY_S = 3600.0
_SILENCE_EVERY_S = 300.0
_DOCTOR_EVERY_S = 60.0  # it looks once a night: this is how soon a new connection is looked at
_STOP_S = 5.0
_STATISTICS_EVERY_S = 2.0


@dataclass
class _Task:
    every_s: float
    run: Callable[[], object]
    due_at: float = 0.0


def run_scheduler(installation: Installation, stop: threading.Event) -> None:
    """Run until told to stop.

    Raises:
        ConfigurationError: If an address for alerts cannot be used.
    """
    settings = installation.settings
    waker = installation.waker
    tasks = [
        _Task(settings.sweep_every_s, ClockWatch(installation.database).look),
        _Task(settings.sweep_every_s, waker.sweep),
        _Task(settings.deletes_every_s, lambda: waker.wake({topics.DELETES})),
        _Task(settings.sweep_every_s, lambda: ask_due_runs(installation)),
        _Task(_STATISTICS_EVERY_S, lambda: refresh_statistics(installation.database)),
        _Task(_RETENTION_EVERY_S, lambda: waker.wake({topics.RETENTION})),
        _Task(_SILENCE_EVERY_S, lambda: waker.wake({topics.SILENCE})),
        _Task(_DOCTOR_EVERY_S, lambda: waker.wake({topics.DOCTOR})),
    ]
    alerts = _tell_alarms(installation, stop)
    log.info("scheduler_started")
    # Without whoever tells alarms this process is of half its use: the group starts it again.
    while not stop.is_set() and alerts.is_alive():
        now = time.monotonic()
        for task in tasks:
            if task.due_at <= now:
                _run(task)
                task.due_at = now + task.every_s
        stop.wait(max(0.05, min(task.due_at for task in tasks) - time.monotonic()))
    stop.set()
    alerts.join(_STOP_S)
    installation.broker.close()
    installation.database.close()


def _tell_alarms(installation: Installation, stop: threading.Event) -> threading.Thread:
    """Start the thread that tells alarms: a slow mail server must not hold up what is due."""
    settings = installation.settings
    public_address(settings)
    outlets = open_outlets(settings)
    thread = threading.Thread(
        target=watch,
        args=(installation.database, settings, outlets, stop),
        name="alerts",
        daemon=True,
    )
    thread.start()
    return thread


def _run(task: _Task) -> None:
    try:
        task.run()
    except psycopg.Error as error:
        log.warning("scheduler_task_failed", extra={"error": type(error).__name__})
