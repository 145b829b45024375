"""Approve a plan and see it carried out here, or leave it to a worker."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bridge.bootstrap import open_installation
from bridge.connections.secrets import refuse_foreign_ring
from bridge.plans.store import approve_plan
from bridge.wakeups import topics
from reconciler.runs.attend import Attendant
from reconciler.terminal import Terminal, print_json, print_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.db.database import Database
    from bridge.plans.choose import Choice
    from bridge.plans.model import PlanRecord
    from bridge.settings import Settings


def approve(
    settings: Settings,
    choose: Callable[[Database], tuple[PlanRecord, Choice]],
    *,
    by: str,
    is_detached: bool,
    is_json: bool,
) -> int:
    """Approve what is chosen of a plan, see it through, and return the exit code."""
    installation = open_installation(settings)
    try:
        database = installation.database
        plan, choice = choose(database)
        with database.transaction() as tx:
            refuse_foreign_ring(tx, installation.keyring)
            run_id, steps = approve_plan(tx, plan, choice, by=by)
        total = plan.totals.get("steps", 0)
        if is_detached:
            installation.waker.wake({topics.RUNS})
            if is_json:
                print_json({"plan": plan.id, "approved": steps, "run": run_id})
            else:
                print_line(f"{steps:,} of {total:,} steps of plan {plan.id} go to run {run_id}")
            return 0
        terminal = Terminal(database, plan.connection_id, is_json=is_json, shows_plan=False)
        sys.stderr.write(f"run {run_id} carries out {steps:,} of {total:,} steps\n")
        end = Attendant(installation, plan.connection_id, plan.job, terminal).see_run(run_id)
        return terminal.conclude(end, tell_differences=False)
    finally:
        installation.broker.close()
        installation.database.close()
