"""Carry a claimed run to its end: read, plan, apply; and say how it ended when it could not."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import psycopg

from bridge.clock import now
from bridge.connections.store import load_connection
from bridge.errors import BridgeError, ConfigurationError, NoSlotNow, QuotaSpent, RemoteError
from bridge.log import place
from bridge.mapping.versions import active, means_the_same
from bridge.runs.model import WHOLE
from bridge.runs.store import ask_run, load_run
from reconciler.runs import store
from reconciler.runs.carry_on import RunFaulty, carry_on
from reconciler.runs.context import RunContext, Watcher
from reconciler.runs.extent import choose_extent
from reconciler.runs.halt import Halt, RunCancelled, RunLost, RunPaused, RunReleased
from reconciler.runs.jobs import load_job
from reconciler.runs.plans import abandon_plan, plan_of_run
from reconciler.runs.reads import read_history

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bridge.bootstrap import Installation
    from bridge.mapping.versions import ActiveMapping
    from bridge.runs.model import Job, Mode, RunRecord, Scope
    from reconciler.runs.jobs import JobModule
    from reconciler.runs.store import RunLease

log = logging.getLogger(__name__)

_BEATS_A_LEASE = 3
_ABANDONED = {"failed": "the run failed", "cancelled": "the run was cancelled"}
_LOOK_WHETHER_RESUMED = timedelta(seconds=15)


def run_now(
    installation: Installation,
    connection_id: int,
    job: Job,
    mode: Mode = "apply",
    *,
    asked_by: str = "this program",
    scope: Scope = WHOLE,
) -> RunRecord:
    """Run a job here and now, and return how it ended.

    Where the job's run is under way already, nothing is done and its row is returned.
    """
    with installation.database.transaction() as tx:
        run_id, _ = ask_run(
            tx,
            connection_id,
            job,
            mode=mode,
            origin="cli",
            asked_by=asked_by,
            scope=scope,
        )
        lease = store.claim(tx, connection_id, run_id, installation.settings.lease_s)
    if lease is not None:
        execute(installation, lease)
    with installation.database.transaction() as tx:
        return load_run(tx, connection_id, run_id)


def execute(
    installation: Installation,
    lease: RunLease,
    *,
    job: JobModule | None = None,
    watcher: Watcher | None = None,
    halt: Halt | None = None,
    may_wait: bool = False,
) -> None:
    """Carry a run on from where it is; its row says how it ended.

    Args:
        installation: What the run works with.
        lease: The run, claimed by this process; its heartbeat renews it meanwhile.
        job: What to run instead of the job that is registered.
        watcher: Told how far the run is, and of the plan before it is applied.
        halt: Where a signal handler asks the run to stop.
        may_wait: Whether a run whose calls of the day are spent waits for the next day's; it is
            then claimed again by whoever looks for runs.
    """
    halt = halt or Halt()
    try:
        context = _context(installation, lease, halt, watcher or Watcher())
    except ConfigurationError as error:
        _end(installation, lease, "failed", str(error), failure="configuration")
        return
    try:
        with _heartbeat(installation, lease, halt):
            carry_on(context, job or load_job(lease.run.job))
    except BridgeError as error:
        _conclude(context, error, may_wait=may_wait)
    except (psycopg.OperationalError, psycopg.InterfaceError):
        raise  # the database is away: the lease runs out, and the next process goes on
    except Exception as error:
        # A fault of the program would meet the next process as well: the run ends with it.
        where = f"{type(error).__name__} at {place(error)}"
        log.error("run_broke", extra={"run": lease.run.id, "at": where})  # noqa: TRY400 -- its text
        _end(installation, lease, "failed", f"a fault of this program: {where}", failure="failed")
        raise
    finally:
        context.close()


def _context(
    installation: Installation,
    lease: RunLease,
    halt: Halt,
    watcher: Watcher,
) -> RunContext:
    with installation.database.transaction() as tx:
        connection = load_connection(tx, lease.run.connection_id)
        current = active(tx, connection.id)
    if connection.state != "active":
        reason = connection.state_reason or "connect it with `bridge connect`"
        message = f"the connection {connection.name!r} is {connection.state}: {reason}"
        raise ConfigurationError(message)
    if current is None:
        message = f"the connection {connection.name!r} has no mapping: `bridge mapping activate`"
        raise ConfigurationError(message)
    lease = _settle(installation, lease, current)
    return RunContext(
        installation=installation,
        connection=connection,
        run=lease.run,
        lease=lease,
        current=current,
        halt=halt,
        watcher=watcher,
    )


def _settle(installation: Installation, lease: RunLease, current: ActiveMapping) -> RunLease:
    """Choose how a run reads before it begins to; whoever goes on with it keeps to that."""
    run = lease.run
    if run.state != "queued" or run.job == "activities" or run.only or run.undoes is not None:
        return lease
    with installation.database.transaction() as tx:
        history, version_id = read_history(tx, lease), current.version_id
        before = history.mapping_version_id
        if before is not None and means_the_same(tx, run.connection_id, before, current.mapping):
            version_id = before  # an edit of comments or tests changes nobody
        choice = choose_extent(
            run.job,
            run.extent,
            history,
            moment=now(tx),
            mapping_version_id=version_id,
            full_every=timedelta(days=installation.settings.full_every_d),
        )
        if choice.why is not None:
            store.add_note(tx, lease, choice.why)
        return store.settle_extent(tx, lease, choice.extent)


def _conclude(context: RunContext, error: BridgeError, *, may_wait: bool) -> None:
    """Say how a run ended that met an error: its class is the decision."""
    installation, lease = context.installation, context.lease
    match error:
        case RunLost() | RunReleased():
            log.info("run_left", extra={"run": lease.run.id, "cause": type(error).__name__})
            with installation.database.transaction() as tx:
                store.release(tx, lease)
        case RunCancelled():
            _end(installation, lease, "cancelled", "stopped because somebody asked")
        case QuotaSpent() if error.system == "constant_contact":
            context.note_limit(error)
            until = context.calls_begin_at(error)
            reason = f"its API calls are spent until {until:%Y-%m-%d %H:%M} UTC"
            _wait_or_fail(context, until, reason, may_wait=may_wait)
        case RunPaused():
            _wait_for_resume(context, error, may_wait=may_wait)
        case NoSlotNow():
            _wait_or_fail(context, error.due_at, str(error), may_wait=may_wait)
        case RemoteError():
            _end(installation, lease, "failed", str(error), failure="unavailable")
        case ConfigurationError():
            _end(installation, lease, "failed", str(error), failure="configuration")
        case _:
            if isinstance(error, RunFaulty):
                log.error("run_faulty", extra={"run": lease.run.id, "reason": str(error)})
            _end(installation, lease, "failed", str(error), failure="failed")


def _wait_or_fail(context: RunContext, until: datetime, reason: str, *, may_wait: bool) -> None:
    """Let a run go on later where nobody waits for it; else say when to run it again."""
    if not may_wait:
        reason = f"{reason}: run it again then"
        _end(context.installation, context.lease, "failed", reason, failure="unavailable")
        return
    log.info("run_paused", extra={"run": context.run.id, "until": until.isoformat()})
    with context.installation.database.transaction() as tx:
        store.pause(tx, context.lease, until, f"{reason}: the run goes on then")


def _wait_for_resume(context: RunContext, pause: RunPaused, *, may_wait: bool) -> None:
    """Let a run look again in a while whether its lane goes on, where nobody waits for it."""
    if not may_wait:
        reason = f"{pause}; {pause.way_on}, then run it again"
        _end(context.installation, context.lease, "failed", reason, failure="paused")
        return
    log.info("run_paused", extra={"run": context.run.id})
    with context.installation.database.transaction() as tx:
        until = now(tx) + _LOOK_WHETHER_RESUMED
        store.pause(tx, context.lease, until, f"{pause}; the run goes on after {pause.way_on}")


def _end(
    installation: Installation,
    lease: RunLease,
    state: Literal["failed", "cancelled"],
    reason: str,
    *,
    failure: str | None = None,
) -> None:
    """End a run early, and its plan with it; nothing where another process has the run."""
    log.warning("run_ended_early", extra={"run": lease.run.id, "state": state, "failure": failure})
    try:
        with installation.database.transaction() as tx:
            plan = plan_of_run(tx, lease.run.connection_id, lease.run.id)
            if plan is not None:
                abandon_plan(tx, lease.run.connection_id, plan.id, _ABANDONED[state])
            store.end(tx, lease, state, reason=reason, failure=failure)
    except RunLost:
        log.info("run_left", extra={"run": lease.run.id, "cause": "RunLost"})


def cancel_now(installation: Installation, lease: RunLease) -> None:
    """End a run that this process holds and no longer works on."""
    _end(installation, lease, "cancelled", "stopped because somebody asked")


@contextmanager
def _heartbeat(installation: Installation, lease: RunLease, halt: Halt) -> Iterator[None]:
    """Renew the lease from a thread as long as the process lives, however long one query takes."""
    is_over = threading.Event()

    def beat() -> None:
        while not is_over.wait(lease.lease_s / _BEATS_A_LEASE):
            try:
                with installation.database.transaction() as tx:
                    if store.renew(tx, lease):
                        halt.ask(store.refuse_cancelled(lease))
            except RunLost as error:
                halt.ask(error)
                return
            except psycopg.Error as error:
                log.warning("heartbeat_missed", extra={"error": type(error).__name__})

    thread = threading.Thread(target=beat, name="run-heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()
