"""What a worker does without its broker: it looks for wake-ups that nobody has brought.

A broker may lose its messages, or be down for days; PostgreSQL still says what was asked for. So
everything flows, later by the seconds between two looks.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import psycopg

from bridge.wakeups.topics import QUEUE_OF
from bridge.wakeups.wake import SQL

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable

    from bridge.bootstrap import Installation

log = logging.getLogger(__name__)

_LOOKS = 3
"""How often a wake-up is seen waiting before it counts as overlooked: a broker takes less than a
second, but all threads of a worker may be in slices of five."""


def watch_wakeups(
    installation: Installation,
    queues: Iterable[str],
    act: Callable[[str], object],
    stop: threading.Event,
    *,
    first_look_s: float | None = None,
) -> None:
    """Do what overlooked wake-ups ask for, one topic after the other, until told to stop.

    Args:
        installation: Where wake-ups are noted, and how often to look.
        queues: The Dramatiq queues whose topics this process serves.
        act: Takes a topic's wake-up and does a slice of its work; logs its own failures.
        stop: Ends the watch after the slice that is under way.
        first_look_s: Seconds until the first look, if not those between two.
    """
    served = set(queues)
    topics = [topic for topic, queue in QUEUE_OF.items() if queue in served]
    every_s = installation.settings.sweep_every_s
    wait_s = every_s if first_look_s is None else first_look_s
    while not stop.wait(wait_s):
        overlooked = _find_overlooked(installation, topics)
        for topic in overlooked:
            if not stop.is_set():
                act(topic)
        # What a slice leaves is asked for again, and may be there already.
        wait_s = 0 if overlooked else every_s


def _find_overlooked(installation: Installation, topics: list[str]) -> list[str]:
    parameters = {"topics": topics, "after_s": _LOOKS * installation.settings.sweep_every_s}
    try:
        with installation.database.transaction() as tx:
            return [row[0] for row in tx.execute(SQL["overlooked_wakeups"], parameters)]
    except psycopg.Error as error:
        log.warning("wakeups_not_watched", extra={"error": type(error).__name__})
        return []
