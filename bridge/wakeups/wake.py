"""Ask for a wake-up: note it in the database, then tell the broker; at most one waits a topic."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import dramatiq
import psycopg
from dramatiq.errors import BrokerConnectionError

from bridge.db.queries import load_queries
from bridge.wakeups.topics import ACTOR, QUEUE_OF

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.db.database import Database

SQL = load_queries("bridge.wakeups")
log = logging.getLogger(__name__)

# A client may take seconds to find out that its broker does not answer, and workers would wait.
_LEAVE_ALONE_S = 30.0


class Waker:
    """Sends wake-ups; safe to call from many threads. Call it after the commit, never before."""

    def __init__(self, database: Database, broker: dramatiq.Broker) -> None:
        self._database = database
        self._broker = broker
        self._try_again_at = float("-inf")
        for queue in set(QUEUE_OF.values()):
            broker.declare_queue(queue)

    def wake(self, topics: Iterable[str]) -> None:
        """Wake the workers of these topics, unless they were asked and have not come yet.

        A failure is logged and goes no further: whatever waits was committed, the sweep of the
        scheduler asks again, and a worker looks for wake-ups that nobody brought.
        """
        wanted = sorted(set(topics))
        if not wanted:
            return
        try:
            with self._database.transaction() as tx:
                asked = [row[0] for row in tx.execute(SQL["ask_wakeup"], {"topics": wanted})]
            if not self._tell_broker(asked):
                with self._database.transaction() as tx:
                    tx.execute(SQL["leave_to_watch"], {"topics": asked})
        except psycopg.Error as error:
            log.warning("wakeup_lost", extra={"topics": wanted, "error": type(error).__name__})

    def sweep(self) -> list[str]:
        """Wake every topic that has something to do and return these topics."""
        with self._database.transaction() as tx:
            topics = [row[0] for row in tx.execute(SQL["topics_with_work"])]
        self.wake(topics)
        return topics

    def _tell_broker(self, topics: Iterable[str]) -> bool:
        """Return whether the broker was told; one that does not answer is left alone a while."""
        if time.monotonic() < self._try_again_at:
            return False
        try:
            for topic in topics:
                self._broker.enqueue(message_for(topic))
        except BrokerConnectionError as error:
            self._try_again_at = time.monotonic() + _LEAVE_ALONE_S
            log.warning("broker_unreachable", extra={"error": type(error).__name__})
            return False
        return True


def message_for(topic: str) -> dramatiq.Message[None]:
    """Return the Dramatiq message that wakes a topic."""
    return dramatiq.Message(
        queue_name=QUEUE_OF[topic], actor_name=ACTOR, args=(topic,), kwargs={}, options={}
    )
