"""Settings, Resync: each job by hand, with what it would cost and how its last run went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.clock import now
from bridge.console.access.roles import Right
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.console.pages.connection import SECTIONS, chosen_connection
from bridge.console.pages.jobs import READY, SENTENCES, TITLES, standing
from bridge.console.pages.run import usual_of
from bridge.constant_contact.spending import LANES, read_spending
from bridge.cron import due_times, find_zone
from bridge.db.queries import load_queries
from bridge.runs.model import JOBS
from bridge.runs.store import ask_run, load_run
from bridge.wakeups.topics import RUNS

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg
    from starlette.responses import Response

    from bridge.connections.model import Connection
    from bridge.console.page import Visit
    from bridge.console.pages.jobs import Standing
    from bridge.console.times import Times
    from bridge.runs.model import Job, Mode, RunRecord

_SQL = load_queries("bridge.console.pages")
_A_PAGE = 500
_CALLS_A_MAILING = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class ResyncRow:
    """One job.

    Attributes:
        run: The newest, whether it has ended or not.
        last: What the last that has ended came to; empty where none has.
        next_at: When it is due by itself, in its own zone; empty where it is not.
        cost: Calls that it would take, beside those that are left.
    """

    job: Job
    title: str
    sentence: str
    run: RunRecord | None
    standing: Standing
    last: str
    next_at: str
    cost: str


def show(visit: Visit) -> Response:
    """Show the three jobs."""
    with visit.console.database.transaction() as tx:
        connection, others = chosen_connection(tx, visit)
        rows = read_rows(tx, connection, visit.times)
    return visit.page(
        "resync.html",
        sections=SECTIONS,
        connection=connection,
        others=others,
        rows=rows,
        moves=any(row.standing.can_stop for row in rows),
    )


def start(visit: Visit) -> Response:
    """Ask for a run, or open the one of that job that is under way."""
    job = next((one for one in JOBS if one == visit.request.path_params["job"]), None)
    if job is None:
        raise NotThere
    mode: Mode = "plan" if visit.form.one("mode") == "plan" else "apply"
    by = visit.who.signature
    with visit.console.database.transaction() as tx:
        connection, _ = chosen_connection(tx, visit)
        run_id, is_new = ask_run(tx, connection.id, job, mode=mode, origin="console", asked_by=by)
    visit.console.wake(frozenset({RUNS}))
    visit.note("run_asked", run=run_id, job=job, mode=mode, new=is_new)
    return visit.go(f"/runs/{run_id}?did={'started' if is_new else 'opened'}")


def first_section(visit: Visit) -> Response:
    """Lead to the first section."""
    return visit.go(SECTIONS[0][1])


def read_rows(tx: psycopg.Connection[Any], connection: Connection, times: Times) -> list[ResyncRow]:
    """Return how the jobs of a connection stand."""
    of_connection = {"connection_id": connection.id}
    newest = {job: rest for job, *rest in tx.execute(_SQL["last_run_ids"], of_connection)}
    due = {job: rest for job, *rest in tx.execute(_SQL["schedules"], of_connection)}
    sizes = tx.execute(_SQL["sizes"], of_connection).fetchone() or (0, 0, 0)
    left = _calls_left(tx, connection)
    at = now(tx)
    rows = []
    for job in JOBS:
        run, ended = (
            None if run_id is None else load_run(tx, connection.id, run_id)
            for run_id in newest.get(job, (None, None))
        )
        rows.append(
            ResyncRow(
                job=job,
                title=TITLES[job],
                sentence=SENTENCES[job],
                run=run,
                standing=_standing(tx, run, at, times),
                last=last_words(ended, times),
                next_at=next_words(*due[job], after=at) if job in due else "",
                cost=cost_words(calls_of(job, *sizes), left),
            )
        )
    return rows


def calls_of(job: Job, lists: int, contacts: int, mailings: int) -> int:
    """Return about how many calls reading takes, before anything is changed.

    >>> [calls_of(job, 12, 48_210, 30) for job in ("lists", "contacts", "activities")]
    [1, 98, 61]
    """
    pages = -(-lists // _A_PAGE) or 1
    match job:
        case "lists":
            return pages
        case "contacts":
            return pages + -(-contacts // _A_PAGE)
        case _:
            return 1 + _CALLS_A_MAILING * mailings


def cost_words(calls: int, left: int | None) -> str:
    """Return what a run would cost, in words.

    >>> cost_words(140, 6210)
    'about 140 of 6,210 calls left today'
    """
    if left is None:
        return "no account of Constant Contact is connected"
    return f"about {calls:,} of {left:,} calls left today"


def last_words(run: RunRecord | None, times: Times) -> str:
    """Return what a run came to: read, added, changed, removed, rejected."""
    if run is None or run.finished_at is None:
        return ""
    signs = run.totals.get("by_sign", {})
    rejected = sum((run.counters.get("rejected") or {}).values())
    parts = [f"{run.counters.get('read', 0):,} read"]
    for name, sign in (("added", "add"), ("changed", "change"), ("removed", "remove")):
        parts.append(f"{signs.get(sign, 0):,} {name}")
    if signs.get("opt-out"):
        parts.append(f"{signs['opt-out']:,} opted out")
    parts.append(f"{rejected:,} rejected")
    planned = " (planned only)" if run.mode == "plan" else ""
    return f"{times.short(run.finished_at)}: {', '.join(parts)}{planned}"


def next_words(cron: str, zone: str, enabled: bool, *, after: datetime) -> str:  # noqa: FBT001 -- a column
    """Return when a job is due next, in its own zone."""
    if not enabled:
        return ""
    due = next(due_times(cron, zone, after)).astimezone(find_zone(zone))
    return f"{due:%d %b %H:%M} {zone}"


def _standing(
    tx: psycopg.Connection[Any], run: RunRecord | None, at: datetime, times: Times
) -> Standing:
    if run is None:
        return READY
    usual = usual_of(tx, run)
    return standing(run, now=at, times=times, behind=usual.behind, usual_s=usual.length_s)


def _calls_left(tx: psycopg.Connection[Any], connection: Connection) -> int | None:
    for spending in read_spending(tx, connection.name):
        for user in spending.users:
            if user.id == connection.id:
                return spending.calls_left(user, LANES.index("reconcile"))
    return None


PAGES = (
    Page(method="GET", path="/settings", right=Right.LOOK, handler=first_section),
    Page(method="GET", path="/settings/resync", right=Right.LOOK, handler=show),
    Page(method="POST", path="/settings/resync/{job}", right=Right.OPERATE, handler=start),
)
