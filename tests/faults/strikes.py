"""What happens to an installation's surroundings: its broker, its connections."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psycopg

from tests.faults.load import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.installation import Installation

NOBODY_LISTENS = "127.0.0.1:9"
_DEADLINE_S = 30.0
_FLUSH_EVERY_S = 0.05

_LOSE_EACH = """
CREATE FUNCTION lose_wakeup() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'
"""
_LOSE_EACH_ON = """
CREATE TRIGGER lose_wakeup BEFORE INSERT ON dramatiq.queue FOR EACH ROW
EXECUTE FUNCTION lose_wakeup()
"""
_END_SESSIONS = """
SELECT pg_terminate_backend(pid)
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND application_name <> 'somebody else'
"""


@contextmanager
def wakeups_lost(installation: Installation) -> Iterator[None]:
    """PostgreSQL, as the broker, loses whatever it is told."""
    installation.rows(_LOSE_EACH)
    installation.rows(_LOSE_EACH_ON)
    try:
        yield
    finally:
        installation.rows("DROP FUNCTION lose_wakeup() CASCADE")


@contextmanager
def queues_flushed(installation: Installation) -> Iterator[None]:
    """Somebody empties the broker's queues, many times a second."""

    def flush() -> None:
        installation.rows("DELETE FROM dramatiq.queue")

    pauses = random.Random(1)  # noqa: S311 - can be repeated
    with running(flush, pauses, pause_s=_FLUSH_EVERY_S):
        yield


@contextmanager
def rabbitmq_down(installation: Installation) -> Iterator[None]:
    """The broker is a RabbitMQ that refuses connections."""
    installation.restart(BROKER_URL=f"amqp://{NOBODY_LISTENS}")
    try:
        yield
    finally:
        installation.restart()


@contextmanager
def redis_down(installation: Installation) -> Iterator[None]:
    """The broker is a Redis that refuses connections."""
    installation.restart(BROKER_URL=f"redis://{NOBODY_LISTENS}")
    try:
        yield
    finally:
        installation.restart()


@contextmanager
def connections_taken(installation: Installation) -> Iterator[None]:
    """Somebody else holds every connection that the server allows."""
    taken: list[psycopg.Connection[dict[str, Any]]] = []
    deadline = time.monotonic() + _DEADLINE_S
    try:
        while True:
            assert time.monotonic() < deadline, f"only {len(taken)} connections were to be had"
            try:
                taken.append(installation.session())
            except psycopg.OperationalError:
                if taken and not taken[0].execute(_END_SESSIONS).fetchall():
                    break
        yield
    finally:
        for session in taken:
            with suppress(psycopg.Error):
                session.close()
