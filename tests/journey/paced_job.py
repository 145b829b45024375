"""A job that does as its file says: how many steps it plans, how far it goes before it waits.

The file holds JSON: `steps`, `kind` (of every step), `end` (state of each step), `until` (the
step it waits before, until the file changes) and `spent` (there is no call left to apply anything).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.errors import QuotaSpent
from bridge.plans.steps import open_steps
from reconciler.runs.model import PlannedStep
from reconciler.runs.plans import end_step

if TYPE_CHECKING:
    from reconciler.runs.context import RunContext

VARIABLE = "PACED_JOB"


def orders() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(Path(os.environ[VARIABLE]).read_text(encoding="utf-8"))
    return values


def make_plan(context: RunContext) -> list[PlannedStep]:
    count, kind = orders()["steps"], orders().get("kind")
    context.progress("reading lists", count, count)
    context.counters.read = count + 2
    context.counters.planned = count
    context.counters.unchanged = 1
    context.counters.skip("inactive")
    return [
        PlannedStep(
            key=f"list:{number}:rename_list",
            kind=kind or ("create_list" if number % 2 else "rename_list"),
            subject_kind="list",
            subject_key=f"a0L{number:015}",
            reason="the name differs",
            facts=b"",
            body={"name": f"Letter {number}"},
            change={"name": (f"Old {number}", f"Letter {number}")},
        )
        for number in range(count)
    ]


def apply_plan(context: RunContext, plan_id: int) -> None:
    database = context.installation.database
    with database.transaction() as tx:
        steps = open_steps(tx, context.connection.id, plan_id)
    if orders().get("spent"):
        raise QuotaSpent("spent", system="constant_contact")
    for step in steps:
        while orders().get("until") == step.ordinal:
            context.progress("applying", step.ordinal, len(steps))
            context.halt.wait(0.02)
        with database.transaction() as tx:
            end = orders().get("end", "confirmed")
            now: dict[str, Any] | None = {"now": []} if end == "refused" else None
            end_step(tx, context.connection.id, plan_id, step.ordinal, end, answer=now)
            context.renew(tx)
