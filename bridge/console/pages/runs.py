"""Runs: the list, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlencode

from bridge.clock import now
from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.console.pages.jobs import TITLES, standing
from bridge.db.queries import load_queries
from bridge.plans.text import total_line
from bridge.runs.model import JOBS, RunState
from bridge.runs.store import load_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg
    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.console.pages.jobs import Standing
    from bridge.console.times import Times
    from bridge.runs.model import RunRecord

_SQL = load_queries("bridge.console.pages")
_COUNT = 25


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A run as the list shows it."""

    run: RunRecord
    title: str
    standing: Standing
    result: str


def show(visit: Visit) -> Response:
    """Show a page of the list."""
    job = visit.query("job") if visit.query("job") in JOBS else None
    state = visit.query("state") if visit.query("state") in get_args(RunState) else None
    values = {
        "connection_id": visit.who.connection_id,
        "job": job,
        "state": state,
        "before": visit.place("before"),
        "count": _COUNT + 1,
    }
    with visit.console.database.transaction() as tx:
        runs = read_runs(tx, values)
        rows = [_row(run, now(tx), visit.times) for run in runs[:_COUNT]]
    older = None
    if len(runs) > _COUNT:
        filters = {"job": job or "", "state": state or "", "before": rows[-1].run.id}
        older = f"/runs?{urlencode(filters)}"
    return visit.page(
        "runs.html",
        rows=rows,
        older=older,
        job=job,
        state=state,
        titles=TITLES,
        states=get_args(RunState),
    )


def read_runs(tx: psycopg.Connection[Any], values: Mapping[str, object]) -> Sequence[RunRecord]:
    """Return the runs that fit, the newest first."""
    rows = tx.execute(_SQL["runs"], values).fetchall()
    return [load_run(tx, connection_id, run_id) for connection_id, run_id in rows]


def _row(run: RunRecord, at: datetime, times: Times) -> Row:
    return Row(
        run=run,
        title=TITLES[run.job],
        standing=standing(run, now=at, times=times),
        result=total_line(run.totals) if run.plan_id is not None else "",
    )


PAGES = (Page(method="GET", path="/runs", right=Right.LOOK, handler=show),)
