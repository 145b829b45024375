"""One child process of a group: `python -m reconciler.process ROLE`; it ends when its parent does.

The parent holds the other end of this process's standard input. When the parent is gone, however it
went, reading ends and the child stops as if it had been asked to.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

import dramatiq
import psycopg

from bridge import log as logs
from bridge.bootstrap import open_installation
from bridge.connections.secrets import refuse_foreign_ring
from bridge.db.migrate import wait_for_schema
from bridge.errors import BridgeError, ConfigurationError
from bridge.serve import run_server
from bridge.settings import read_settings
from bridge.wakeups.topics import ACTOR, QUEUE_OF
from reconciler.handlers import handle
from reconciler.niceness import give_way
from reconciler.roles import NICENESS, SCHEDULER, SERVE, WORKERS
from reconciler.runs.halt import Halt, RunReleased
from reconciler.schedule import run_scheduler
from reconciler.watch import watch_wakeups

if TYPE_CHECKING:
    from bridge.bootstrap import Installation
    from bridge.settings import Settings

log = logging.getLogger(__name__)

_SCHEMA_WAIT_S = 60.0
_STOP_S = 10.0


def main(argv: list[str] | None = None) -> int:
    """Run one role until it is told to stop; return its exit code."""
    role = (argv or sys.argv[1:])[0]
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = read_settings()
        logs.configure(settings.log_level, role)
        follow_parent()
        give_way(NICENESS.get(role, 0))
        if role == SERVE:
            run_server(settings)
            return 0
        wait_for_schema(settings, _SCHEMA_WAIT_S)
        if role == SCHEDULER:
            run_scheduler(open_installation(settings), stop)
        else:
            run_worker(settings, role, stop)
    except ConfigurationError as error:
        print(error, file=sys.stderr)  # noqa: T201 -- what a person started says why it stopped
        return 2
    except BridgeError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


def run_worker(settings: Settings, role: str, stop: threading.Event) -> None:
    """Consume the role's queues until told to stop.

    A slice that is under way is finished first; a run is left to the next process.
    """
    queues, threads = WORKERS[role]
    installation = open_installation(settings, connections=2 * threads + 3)
    with installation.database.transaction() as tx:
        refuse_foreign_ring(tx, installation.keyring)
    halt = Halt()
    actor = declare_actor(installation, halt)
    worker = dramatiq.Worker(installation.broker, queues=set(queues), worker_threads=threads)
    worker.start()
    log.info("worker_started", extra={"queues": sorted(queues), "threads": threads})
    watch = threading.Thread(
        target=watch_wakeups, args=(installation, queues, actor, stop), name="watch", daemon=True
    )
    watch.start()
    stop.wait()
    halt.ask(RunReleased("this process stops"))
    worker.stop(timeout=int(_STOP_S * 1000))
    watch.join(_STOP_S)
    installation.broker.close()
    installation.database.close()


def declare_actor(installation: Installation, halt: Halt) -> dramatiq.Actor[[str], None]:
    """Register the one actor: its argument is the topic that was woken.

    Args:
        installation: What its slices work with.
        halt: Tells a run that this process is about to end.
    """

    def wake(topic: str) -> None:
        try:
            handle(installation, topic, halt)
        except (psycopg.Error, BridgeError) as error:
            # The sweep asks again; a message that failed would only keep a traceback for weeks.
            log.warning(
                "slice_failed",
                extra={"topic": topic, "error": type(error).__name__, "at": logs.place(error)},
            )

    return dramatiq.Actor(
        wake,
        broker=installation.broker,
        actor_name=ACTOR,
        queue_name=QUEUE_OF["deliver"],
        priority=0,
        options={},
    )


def follow_parent() -> None:
    """Stop this process when its standard input ends: the parent holds the other end."""
    if sys.stdin is None or sys.stdin.isatty():
        return

    def wait() -> None:
        while os.read(0, 1024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(_STOP_S + 2)
        os._exit(1)

    threading.Thread(target=wait, name="follow-parent", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
