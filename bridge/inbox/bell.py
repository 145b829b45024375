"""Rings for the workers after a commit: off the event loop, and seldom where much arrives."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bridge.wakeups.topics import TRIAGE, TRIAGE_CONSENT

if TYPE_CHECKING:
    from collections.abc import Callable

# A wake-up costs a transaction. The backlog can wait for the next one, an opt-out cannot.
_PAUSE_S = {TRIAGE: 0.2, TRIAGE_CONSENT: 0.0}


class Bell:
    """Passes topics on to a blocking `wake`: at most one call a topic at a time.

    Args:
        wake: Wakes the workers of some topics; logs its own failures.
    """

    def __init__(self, wake: Callable[[frozenset[str]], None]) -> None:
        self._wake = wake
        self._rung = {topic: asyncio.Event() for topic in _PAUSE_S}

    def ring(self, topic: str) -> None:
        """Say that the workers of a topic have something to do."""
        self._rung[topic].set()

    async def serve(self) -> None:
        """Wake whenever the bell was rung, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for topic, pause_s in _PAUSE_S.items():
                group.create_task(self._serve(topic, pause_s))

    async def _serve(self, topic: str, pause_s: float) -> None:
        rung = self._rung[topic]
        while True:
            await rung.wait()
            rung.clear()
            await asyncio.to_thread(self._wake, frozenset({topic}))
            await asyncio.sleep(pause_s)
