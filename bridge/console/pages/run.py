"""One run: how it stands, its timeline, its plan with totals before and after, and its steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.clock import now
from bridge.console.access.roles import Right
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.console.pages.jobs import TITLES, standing
from bridge.console.pages.run_view import RunView, Usual, head_of, timeline
from bridge.console.pages.steps import read_steps, search_of
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from bridge.plans.contrast import Contrast, contrast_refused
from bridge.plans.model import SIGNS
from bridge.plans.steps import list_names, step_states
from bridge.plans.store import discard_plan, find_plan
from bridge.plans.text import before_after_line, counters_line, result_line, total_line
from bridge.runs.store import ask_cancel, find_run

if TYPE_CHECKING:
    from typing import Final

    import psycopg
    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.console.times import Times
    from bridge.plans.model import PlanRecord
    from bridge.runs.model import RunRecord

_SQL = load_queries("bridge.console.pages")

STEP_STATES: Final = ("planned", "sending", "sent", "confirmed", "skipped", "refused", "failed")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A run with its plan, where it has one."""

    run: RunRecord
    plan: PlanRecord | None


def show(visit: Visit) -> Response:
    """Show the page."""
    with visit.console.database.transaction() as tx:
        found = find(tx, visit)
        view = _view(tx, found, visit.times)
        steps = None
        names: dict[str, str] = {}
        if found.plan is not None and visit.may(Right.READ_PEOPLE):
            search = search_of(tx, visit, found.plan)
            steps = read_steps(tx, found.plan, search)
            names = list_names(tx, found.run.connection_id)
    return visit.page(
        "run.html",
        view=view,
        is_alone=False,
        steps=steps,
        names=names,
        signs=SIGNS,
        step_states=STEP_STATES,
    )


def show_progress(visit: Visit) -> Response:
    """Show the part of the page that changes while a run is under way."""
    with visit.console.database.transaction() as tx:
        view = _view(tx, find(tx, visit), visit.times)
    return visit.page("run_progress.html", view=view, is_alone=True)


def stop(visit: Visit) -> Response:
    """Ask the run to stop; a plan that waits with it is discarded."""
    with visit.console.database.transaction() as tx:
        found = find(tx, visit)
        if found.run.state == "waiting" and found.plan is not None:
            discard_plan(tx, found.plan, by=visit.who.signature)
        else:
            ask_cancel(tx, found.run.connection_id, found.run.id)
    visit.note("run_stopped", run=found.run.id)
    return visit.go(f"/runs/{found.run.id}?did=stopping")


def find(tx: psycopg.Connection[Any], visit: Visit) -> Found:
    """Return the run that the path names.

    Raises:
        NotThere: If there is none, or it is another connection's.
    """
    try:
        run = find_run(tx, visit.number("run_id"))
    except ConfigurationError:
        raise NotThere from None
    if not visit.who.sees(run.connection_id):
        raise NotThere
    return Found(run=run, plan=None if run.plan_id is None else find_plan(tx, run.plan_id))


def _view(tx: psycopg.Connection[Any], found: Found, times: Times) -> RunView:
    run, plan, at = found.run, found.plan, now(tx)
    usual = usual_of(tx, run) if run.is_open else Usual()
    stands = standing(run, now=at, times=times, behind=usual.behind, usual_s=usual.length_s)
    states = {} if plan is None else step_states(tx, plan.connection_id, plan.id)
    refused = states.get("refused", 0)
    return RunView(
        run=run,
        plan=plan,
        title=TITLES[run.job],
        head=head_of(run, stands),
        standing=stands,
        timeline=timeline(run, plan, times),
        total=total_line(run.totals) if plan is not None else "",
        numbers=before_after_line(run.totals.get("before_after", ())),
        counters=counters_line(run.counters).splitlines(),
        result=result_line(states) if states.keys() - {"planned"} else "",
        usual_s=usual.length_s,
        refused=refused,
        contrast=contrast_refused(tx, plan.connection_id, plan.id)
        if plan is not None and refused
        else Contrast(),
    )


def usual_of(tx: psycopg.Connection[Any], run: RunRecord) -> Usual:
    """Return what is known of how long a run should take, and of what is before it."""
    values = {
        "connection_id": run.connection_id,
        "run_id": run.id,
        "job": run.job,
        "mode": run.mode,
        "extent": run.extent,
    }
    length = tx.execute(_SQL["usual_length"], values).fetchone()
    ahead = tx.execute(_SQL["run_ahead"], values).fetchone()
    return Usual(length_s=length[0] if length else None, behind=ahead[0] if ahead else None)


PAGES = (
    Page(method="GET", path="/runs/{run_id:int}", right=Right.LOOK, handler=show),
    Page(method="GET", path="/runs/{run_id:int}/progress", right=Right.LOOK, handler=show_progress),
    Page(method="POST", path="/runs/{run_id:int}/stop", right=Right.OPERATE, handler=stop),
)
