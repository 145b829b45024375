"""Take a plan back: a page that says what will follow, and the run that plans it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.console.access.roles import Right
from bridge.console.faults import NotThere, Refused
from bridge.console.page import Page
from bridge.console.pages.jobs import TITLES
from bridge.console.pages.run import find
from bridge.console.pages.run_view import can_be_undone
from bridge.runs.store import ask_undo
from bridge.wakeups.topics import RUNS

if TYPE_CHECKING:
    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.console.pages.run import Found
    from bridge.plans.model import PlanRecord


def ask(visit: Visit) -> Response:
    """Say what will follow, and ask for the word."""
    with visit.console.database.transaction() as tx:
        found = find(tx, visit)
        plan = _applied(found)
    return visit.page("undo.html", found=found, plan=plan, title=TITLES[plan.job])


def undo(visit: Visit) -> Response:
    """Ask for the plan that takes it back."""
    with visit.console.database.transaction() as tx:
        plan = _applied(find(tx, visit))
        by = visit.who.signature
        run_id = ask_undo(tx, plan.connection_id, plan.job, plan.id, origin="console", asked_by=by)
    visit.console.wake(frozenset({RUNS}))
    visit.note("undo_asked", plan=plan.id, run=run_id)
    return visit.go(f"/runs/{run_id}?did=undoing")


def _applied(found: Found) -> PlanRecord:
    if found.plan is None:
        raise NotThere
    if not can_be_undone(found.plan):
        raise Refused(
            f"Plan {found.plan.id} cannot be taken back: only what a plan of contacts has done "
            f"is, and it is {found.plan.state}."
        )
    return found.plan


PAGES = (
    Page(method="GET", path="/runs/{run_id:int}/undo", right=Right.OPERATE, handler=ask),
    Page(method="POST", path="/runs/{run_id:int}/undo", right=Right.OPERATE, handler=undo),
)
