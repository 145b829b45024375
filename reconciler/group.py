"""A group of child processes that start, restart and stop together."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

_TICK_S = 0.1
_STOP_S = 12.0
_LONGEST_PAUSE_S = 10.0
_CONFIGURATION = 2


@dataclass
class _Child:
    role: str
    process: subprocess.Popen[bytes]
    started_at: float
    restarts: int = 0
    restart_at: float | None = None


def run_group(roles: Sequence[str]) -> int:
    """Run one process a role until SIGTERM or SIGINT; restart one that dies.

    A child that ends with exit code 2 says that the installation cannot run like this: the group
    stops with it. All children are gone when this returns, at most 15 s after it was told to stop.
    """
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    children = [_start(role) for role in roles]
    code = 0
    try:
        while not stop.wait(_TICK_S):
            for child in children:
                if child.process.poll() == _CONFIGURATION:
                    code = _CONFIGURATION
                    stop.set()
                else:
                    _keep_running(child)
    finally:
        _stop(children)
    return code


def _start(role: str) -> _Child:
    # The pipe ends with this process: no child outlives it, however it goes.
    process = subprocess.Popen(  # noqa: S603 -- our own module, no input of others
        [sys.executable, "-m", "reconciler.process", role],
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    return _Child(role=role, process=process, started_at=time.monotonic())


def _keep_running(child: _Child) -> None:
    if child.process.poll() is None:
        return
    now = time.monotonic()
    if child.restart_at is None:
        lived_s = now - child.started_at
        child.restarts = 0 if lived_s > _LONGEST_PAUSE_S else child.restarts + 1
        pause_s = min(_LONGEST_PAUSE_S, 0.1 * 2.0**child.restarts)
        child.restart_at = now + pause_s
        log.warning(
            "child_died",
            extra={"role": child.role, "code": child.process.returncode, "pause_s": pause_s},
        )
    elif now >= child.restart_at:
        _close(child)
        fresh = _start(child.role)
        child.process, child.started_at, child.restart_at = fresh.process, fresh.started_at, None


def _stop(children: Sequence[_Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + _STOP_S
    for child in children:
        try:
            child.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("child_killed", extra={"role": child.role})
            child.process.kill()
            child.process.wait()
        _close(child)


def _close(child: _Child) -> None:
    if child.process.stdin is not None:
        child.process.stdin.close()
