"""How plans look in a terminal, and as JSON; the text is that of the run that made them."""

from __future__ import annotations

import sys
from itertools import chain
from typing import TYPE_CHECKING

from bridge.plans.contrast import contrast_plans, contrast_refused
from bridge.plans.difference import compare, outcome_lines
from bridge.plans.export import document, plan_as_json
from bridge.plans.steps import list_names, step_states
from bridge.plans.store import pages
from bridge.plans.text import plan_lines, result_line, shown
from reconciler.terminal import has_colours, print_json, print_line, print_totals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.db.database import Database
    from bridge.plans.choose import Choice
    from bridge.plans.model import PlanRecord, Sign

_HEADS = ("plan", "connection", "job", "made at", "by", "state", "steps", "about it")
_MARKS: tuple[tuple[str, Sign], ...] = (
    ("+", "add"),
    ("~", "change"),
    ("-", "remove"),
    ("!", "opt-out"),
)


def show_list(plans: Sequence[PlanRecord], *, is_json: bool) -> None:
    """Print plans, a line each."""
    if is_json:
        print_json([plan_as_json(plan) for plan in plans])
        return
    if not plans:
        print_line("nothing was planned")
        return
    rows = [_HEADS, *(_cells(plan) for plan in plans)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print_line("  ".join(cells).rstrip())


def show_plan(database: Database, plan: PlanRecord, choice: Choice) -> None:
    """Print a plan, or what is meant of it, with what became of it."""
    with database.transaction() as tx:
        names = list_names(tx, plan.connection_id)
        states = step_states(tx, plan.connection_id, plan.id)
    print_line(f"plan {plan.id} of {plan.connection}, {plan.job}: {plan.state}")
    print_line(
        f"made {plan.made_at:%Y-%m-%d %H:%M} UTC by run {plan.run_id} ({shown(plan.asked_by)})"
    )
    if (way := _way_back(plan)) is not None:
        print_line(way)
    if plan.wait_reason is not None:
        print_line(f"needs a word: {shown(plan.wait_reason)}")
    if plan.approved_at is not None:
        print_line(f"approved {plan.approved_at:%Y-%m-%d %H:%M} UTC by {shown(plan.approved_by)}")
    print_line("")
    for page in pages(database, plan, choice):
        for line in plan_lines(page, names=names, colour=has_colours(), numbered=True):
            print_line(line)
    if plan.totals.get("steps"):
        print_line("")
    print_totals(plan.totals)
    if states.keys() - {"planned"}:
        print_line(result_line(states))
        _print_outcome(database, plan, choice, names)


def _print_outcome(
    database: Database, plan: PlanRecord, choice: Choice, names: Mapping[str, str]
) -> None:
    for page in pages(database, plan, choice):
        for line in outcome_lines(page, names):
            print_line(line)
    if choice.is_all:
        with database.transaction() as tx:
            contrast = contrast_refused(tx, plan.connection_id, plan.id)
        for line in contrast.lines():
            print_line(line)


def show_difference(
    database: Database, older: PlanRecord, plan: PlanRecord, choice: Choice, *, is_json: bool
) -> None:
    """Print what a plan would do otherwise than an older one."""
    with database.transaction() as tx:
        names = list_names(tx, plan.connection_id)
    old = chain.from_iterable(pages(database, older, choice))
    new = chain.from_iterable(pages(database, plan, choice))
    found = list(compare(old, new))
    if is_json:
        print_json([difference.as_json(names) for difference in found])
        return
    print_line(f"plan {older.id} and, now, plan {plan.id}" if found else "both plans say the same")
    for difference in found:
        for line in difference.lines(names):
            print_line(line)
    if choice.is_all:
        with database.transaction() as tx:
            contrast = contrast_plans(tx, older, plan)
        for line in contrast.lines():
            print_line(line)


def show_nothing_to_undo(plan: PlanRecord, *, is_json: bool) -> int:
    """Say that a plan has nothing, or nothing any more, that could be taken back."""
    if is_json:
        print_json(None)
    else:
        print_line(f"nothing of plan {plan.id} is left to take back")
    return 0


def export(database: Database, plan: PlanRecord, choice: Choice) -> None:
    """Print the JSON document of a plan, or of what is meant of it."""
    with database.transaction() as tx:
        names = list_names(tx, plan.connection_id)
        states = step_states(tx, plan.connection_id, plan.id)
    steps = pages(database, plan, choice)
    sys.stdout.writelines(document(plan, steps, names=names, results=states))


def _way_back(plan: PlanRecord) -> str | None:
    """Return what a plan puts back, in words; None where it does not."""
    if plan.undoes is not None:
        return f"takes back what plan {plan.undoes} has added and removed"
    if plan.restores is not None:
        return f"puts back what the snapshot {shown(plan.restores)} has kept"
    return None


def _cells(plan: PlanRecord) -> tuple[str, ...]:
    signs = plan.totals.get("by_sign", {})
    steps = " ".join(f"{mark}{signs[sign]}" for mark, sign in _MARKS if signs.get(sign))
    about = plan.wait_reason if plan.state == "waiting" else None
    if plan.undoes is not None:
        about = f"takes back plan {plan.undoes}"
    if plan.restores is not None:
        about = f"restores {plan.restores}"
    return (
        str(plan.id),
        plan.connection,
        plan.job,
        f"{plan.made_at:%Y-%m-%d %H:%M}",
        shown(plan.asked_by),
        plan.state,
        steps or "none",
        shown(about or "-"),
    )
