"""Runs in the database: asking for one, holding it under a lease, ending it.

One run of a job is under way in a connection at a time. Whoever holds its lease works on it; when
the lease ran out, the next process takes the run over and goes on where it was.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from reconciler.runs.halt import RunCancelled, RunLost
from reconciler.runs.model import WHOLE, Run, RunRecord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import psycopg

    from reconciler.runs.model import Counters, Extent, Job, Mode, Scope

SQL = load_queries("reconciler.runs")


@dataclass(frozen=True, kw_only=True, slots=True)
class RunLease:
    """A run that this process holds.

    Attributes:
        lease_s: Seconds that each renewal adds.
    """

    run: Run
    token: uuid.UUID
    lease_s: float

    def row(self) -> dict[str, object]:
        """Return the parameters that name the leased row."""
        return {
            "connection_id": self.run.connection_id,
            "run_id": self.run.id,
            "token": self.token,
            "lease_s": self.lease_s,
        }


def ask_run(
    tx: psycopg.Connection[Any],
    connection_id: int,
    job: Job,
    *,
    mode: Mode,
    origin: Literal["schedule", "console", "cli"],
    asked_by: str,
    scope: Scope = WHOLE,
) -> tuple[int, bool]:
    """Return the id of the job's run that is under way, made if there is none, and if it is new.

    The run under way may have been asked for in another mode, or about something else: its row
    tells.

    Args:
        tx: The caller's transaction.
        connection_id: Whose job it is.
        job: Which.
        mode: Whether it only plans.
        origin: Where it was asked for.
        asked_by: Who asked.
        scope: How much it reads, and about what.
    """
    parameters = {
        "connection_id": connection_id,
        "job": job,
        "mode": mode,
        "origin": origin,
        "asked_by": asked_by,
        "extent": scope.extent,
        "accepts_fewer": scope.accepts_fewer,
        "only": list(scope.only) or None,
    }
    while True:
        made = tx.execute(SQL["add_run"], parameters).fetchone()
        if made is not None:
            return int(made[0]), True
        found = tx.execute(SQL["active_run"], parameters).fetchone()
        if found is not None:  # otherwise it ended between the two statements
            return int(found[0]), False


def claim(
    tx: psycopg.Connection[Any], connection_id: int, run_id: int, lease_s: float
) -> RunLease | None:
    """Lease a run, or return None where another process holds it, it waits, or it has ended."""
    token = uuid.uuid4()
    parameters = {
        "connection_id": connection_id,
        "run_id": run_id,
        "token": token,
        "lease_s": lease_s,
    }
    with tx.cursor(row_factory=class_row(Run)) as cursor:
        run = cursor.execute(SQL["claim_run"], parameters).fetchone()
    return None if run is None else RunLease(run=run, token=token, lease_s=lease_s)


def claim_next(tx: psycopg.Connection[Any], lease_s: float) -> RunLease | None:
    """Lease the oldest run that nobody holds; a connection's runs go one after the other."""
    row = tx.execute(SQL["next_run"]).fetchone()
    return None if row is None else claim(tx, row[0], row[1], lease_s)


def renew(tx: psycopg.Connection[Any], lease: RunLease) -> bool:
    """Extend the lease, lock the run until the transaction ends, tell if it shall stop.

    Raises:
        RunLost: If another process has the run.
    """
    row = tx.execute(SQL["renew_run"], lease.row()).fetchone()
    if row is None:
        message = f"another process took run {lease.run.id} over"
        raise RunLost(message)
    return bool(row[0])


def refuse_cancelled(lease: RunLease) -> RunCancelled:
    """Return the error that says that somebody asked the run to stop."""
    return RunCancelled(f"run {lease.run.id} was asked to stop")


def settle_extent(tx: psycopg.Connection[Any], lease: RunLease, extent: Extent) -> RunLease:
    """Keep how the run reads; return the lease of the run as it is then."""
    tx.execute(SQL["settle_extent"], lease.row() | {"extent": extent})
    return replace(lease, run=replace(lease.run, extent=extent))


def enter(tx: psycopg.Connection[Any], lease: RunLease, state: str) -> None:
    """Move the run to a state."""
    tx.execute(SQL["enter_state"], lease.row() | {"state": state})


def save_progress(
    tx: psycopg.Connection[Any], lease: RunLease, progress: Mapping[str, Any]
) -> None:
    """Keep what the run is doing, for whoever watches."""
    tx.execute(SQL["save_progress"], lease.row() | {"progress": Jsonb(progress)})


def add_note(tx: psycopg.Connection[Any], lease: RunLease, note: str) -> None:
    """Keep something that a person should know of the run; what was said before is not repeated."""
    tx.execute(SQL["add_note"], lease.row() | {"note": note})


def save_counters(tx: psycopg.Connection[Any], lease: RunLease, counters: Counters) -> None:
    """Keep what became of everything that was read."""
    tx.execute(SQL["save_counters"], lease.row() | {"counters": Jsonb(counters.as_json())})


def read_counters(tx: psycopg.Connection[Any], lease: RunLease) -> Mapping[str, Any]:
    """Return what a run that goes on had counted; empty where it had not come so far."""
    row = tx.execute(SQL["read_counters"], lease.row()).fetchone()
    return {} if row is None else row[0]


def end(
    tx: psycopg.Connection[Any],
    lease: RunLease,
    state: Literal["done", "failed", "cancelled"],
    *,
    reason: str | None = None,
    failure: str | None = None,
) -> None:
    """End the run and drop its snapshot.

    Args:
        tx: A connection in a transaction.
        lease: What this process holds.
        state: How it ended.
        reason: Why, in words.
        failure: For a run that failed: `unavailable`, `configuration` or `failed`.

    Raises:
        RunLost: If another process has the run; the transaction must not be committed.
    """
    progress = Jsonb({} if failure is None else {"failure": failure})
    values = {"state": state, "reason": reason, "progress": progress}
    if tx.execute(SQL["end_run"], lease.row() | values).fetchone() is None:
        message = f"another process took run {lease.run.id} over"
        raise RunLost(message)
    drop_snapshot(tx, lease)
    if state == "done" and lease.run.origin == "schedule" and lease.run.mode == "plan":
        tx.execute(SQL["first_plan_made"], lease.row() | {"job": lease.run.job})


def wait(tx: psycopg.Connection[Any], lease: RunLease, reason: str) -> None:
    """Give the lease back and drop the snapshot: the plan waits for a person's word.

    Raises:
        RunLost: If another process has the run; the transaction must not be committed.
    """
    if tx.execute(SQL["wait_run"], lease.row() | {"reason": reason}).fetchone() is None:
        message = f"another process took run {lease.run.id} over"
        raise RunLost(message)
    drop_snapshot(tx, lease)


def drop_snapshot(tx: psycopg.Connection[Any], lease: RunLease) -> None:
    """Drop what a run has staged and drafted, and how far it had read."""
    tx.execute(SQL["drop_snapshot"], lease.row())


def release(tx: psycopg.Connection[Any], lease: RunLease) -> None:
    """Give the lease back: the next process goes on at once."""
    tx.execute(SQL["release_run"], lease.row())


def pause(tx: psycopg.Connection[Any], lease: RunLease, until: datetime, reason: str) -> None:
    """Give the lease back; nobody goes on with the run before a time (UTC)."""
    tx.execute(SQL["pause_run"], lease.row() | {"until": until, "reason": reason})


def ask_cancel(tx: psycopg.Connection[Any], connection_id: int, run_id: int) -> bool:
    """Ask a run to stop; return whether a process holds it, and so will see it."""
    row = tx.execute(
        SQL["ask_cancel"], {"connection_id": connection_id, "run_id": run_id}
    ).fetchone()
    return row is not None and bool(row[0])


def load_run(tx: psycopg.Connection[Any], connection_id: int, run_id: int) -> RunRecord:
    """Return a run as its row stands.

    Raises:
        ConfigurationError: If the connection has no such run.
    """
    with tx.cursor(row_factory=class_row(RunRecord)) as cursor:
        parameters = {"connection_id": connection_id, "run_id": run_id}
        record = cursor.execute(SQL["run_record"], parameters).fetchone()
    if record is None:
        message = f"there is no run {run_id}: see `bridge runs list`"
        raise ConfigurationError(message)
    return record


def newest_runs(
    tx: psycopg.Connection[Any], *, count: int, connection: str | None = None
) -> list[RunRecord]:
    """Return at most `count` runs, the newest first, of one connection by name or of all."""
    rows = tx.execute(SQL["newest_runs"], {"count": count, "connection": connection}).fetchall()
    return [load_run(tx, connection_id, run_id) for connection_id, run_id in rows]


def find_run(tx: psycopg.Connection[Any], run_id: int) -> RunRecord:
    """Return the run of this number, whichever connection's it is.

    Raises:
        ConfigurationError: If there is no such run.
    """
    row = tx.execute(SQL["connection_of_run"], {"run_id": run_id}).fetchone()
    return load_run(tx, 0 if row is None else int(row[0]), run_id)
