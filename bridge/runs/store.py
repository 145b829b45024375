"""Runs in the database: ask for one, ask it to stop, look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from psycopg.rows import class_row

from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from bridge.runs.model import WHOLE, RunRecord

if TYPE_CHECKING:
    import psycopg

    from bridge.runs.model import Job, Mode, Scope

_SQL = load_queries("bridge.runs")


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
        made = tx.execute(_SQL["add_run"], parameters).fetchone()
        if made is not None:
            return int(made[0]), True
        found = tx.execute(_SQL["active_run"], parameters).fetchone()
        if found is not None:  # otherwise it ended between the two statements
            return int(found[0]), False


def ask_undo(
    tx: psycopg.Connection[Any],
    connection_id: int,
    job: Job,
    plan_id: int,
    *,
    origin: Literal["console", "cli"],
    asked_by: str,
) -> int:
    """Return the id of a new run that makes the plan which takes another one back.

    Raises:
        ConfigurationError: If a run of the job is under way: what it does may be part of it.
    """
    values = {
        "connection_id": connection_id,
        "job": job,
        "plan_id": plan_id,
        "origin": origin,
        "asked_by": asked_by,
    }
    made = tx.execute(_SQL["add_undo"], values).fetchone()
    if made is None:
        raise ConfigurationError(f"a run of {job} is under way: let it end, then undo")
    return int(made[0])


def ask_cancel(tx: psycopg.Connection[Any], connection_id: int, run_id: int) -> bool:
    """Ask a run to stop; return whether a process holds it, and so will see it."""
    row = tx.execute(
        _SQL["ask_cancel"], {"connection_id": connection_id, "run_id": run_id}
    ).fetchone()
    return row is not None and bool(row[0])


def load_run(tx: psycopg.Connection[Any], connection_id: int, run_id: int) -> RunRecord:
    """Return a run as its row stands.

    Raises:
        ConfigurationError: If the connection has no such run.
    """
    with tx.cursor(row_factory=class_row(RunRecord)) as cursor:
        parameters = {"connection_id": connection_id, "run_id": run_id}
        record = cursor.execute(_SQL["run_record"], parameters).fetchone()
    if record is None:
        message = f"there is no run {run_id}: see `bridge runs list`"
        raise ConfigurationError(message)
    return record


def newest_runs(
    tx: psycopg.Connection[Any], *, count: int, connection: str | None = None
) -> list[RunRecord]:
    """Return at most `count` runs, the newest first, of one connection by name or of all."""
    rows = tx.execute(_SQL["newest_runs"], {"count": count, "connection": connection}).fetchall()
    return [load_run(tx, connection_id, run_id) for connection_id, run_id in rows]


def find_run(tx: psycopg.Connection[Any], run_id: int) -> RunRecord:
    """Return the run of this number, whichever connection's it is.

    Raises:
        ConfigurationError: If there is no such run.
    """
    row = tx.execute(_SQL["connection_of_run"], {"run_id": run_id}).fetchone()
    return load_run(tx, 0 if row is None else int(row[0]), run_id)
