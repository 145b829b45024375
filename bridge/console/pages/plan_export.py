"""A plan to take along: as a spreadsheet, or as the document that the command line prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

from bridge.console.access.roles import Right
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.console.pages.run import find
from bridge.console.pages.steps import changes_of
from bridge.console.spreadsheet import csv_lines
from bridge.plans.export import document
from bridge.plans.steps import list_names, step_states
from bridge.plans.store import pages
from bridge.plans.text import subject_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.plans.model import PlanRecord, StoredStep

_HEADS = ("number", "step", "who", "what changes", "why", "state", "outcome")


def export_csv(visit: Visit) -> Response:
    """Send the steps as CSV."""
    plan, names = _plan(visit)
    rows = (row(step, names) for page in pages(visit.console.database, plan) for step in page)
    return _file(csv_lines(_HEADS, rows), f"plan-{plan.id}.csv", "text/csv; charset=utf-8")


def export_json(visit: Visit) -> Response:
    """Send the plan as the JSON document that has a schema."""
    plan, names = _plan(visit)
    with visit.console.database.transaction() as tx:
        results = step_states(tx, plan.connection_id, plan.id)
    parts = document(plan, pages(visit.console.database, plan), names=names, results=results)
    return _file(parts, f"plan-{plan.id}.json", "application/json")


def row(step: StoredStep, names: dict[str, str]) -> tuple[object, ...]:
    """Return a step as a line of a spreadsheet."""
    changes = "; ".join(
        f"{label}: {old} -> {new}" for label, old, new in changes_of(step.change, names)
    )
    who = subject_of(step, names)
    return (step.ordinal + 1, step.sign, who, changes, step.reason, step.state, step.outcome)


def _plan(visit: Visit) -> tuple[PlanRecord, dict[str, str]]:
    with visit.console.database.transaction() as tx:
        found = find(tx, visit)
        if found.plan is None:
            raise NotThere
        names = list_names(tx, found.run.connection_id)
    visit.note("plan_exported", plan=found.plan.id)
    return found.plan, names


def _file(parts: Iterator[str], name: str, kind: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(parts, media_type=kind, headers=headers)


PAGES = (
    Page(
        method="GET",
        path="/runs/{run_id:int}/plan.csv",
        right=Right.READ_PEOPLE,
        handler=export_csv,
    ),
    Page(
        method="GET",
        path="/runs/{run_id:int}/plan.json",
        right=Right.READ_PEOPLE,
        handler=export_json,
    ),
)
