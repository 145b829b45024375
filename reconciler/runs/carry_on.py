"""The stages of a run, from wherever it is: read, plan, wait for a word if need be, apply."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bridge.errors import BridgeError
from bridge.integrity.score import keep_score
from bridge.mapping.settling import settle_by_plan
from reconciler.only import plan_only
from reconciler.plans.effects import Effects
from reconciler.plans.undoing import plan_back
from reconciler.runs import store
from reconciler.runs.drafts import draft
from reconciler.runs.plan_store import store_plan
from reconciler.runs.plans import begin_plan, finish_plan, plan_of_run
from reconciler.runs.reads import plan_reads

if TYPE_CHECKING:
    from reconciler.runs.context import RunContext
    from reconciler.runs.jobs import JobModule
    from reconciler.runs.model import PlanHead

log = logging.getLogger(__name__)


class RunFaulty(BridgeError):
    """A job broke its own rules: a fault of the program, not of the data."""


def carry_on(context: RunContext, job: JobModule) -> None:
    """Plan unless that was done, wait where the plan needs a word, apply where that is wanted."""
    run = context.run
    if run.mode == "apply":
        context.hear()  # a wish to stop is heard though the lane is paused
        context.refuse_paused()
    with context.installation.database.transaction() as tx:
        plan = plan_of_run(tx, run.connection_id, run.id)
    log.info("run_begun", extra={"run": run.id, "job": run.job, "plan": plan and plan.id})
    if plan is None:
        if run.undoes is not None:
            plan_back(context, run.undoes)
            return
        plan = _plan(context, job)
    context.watcher.planned()
    if run.mode == "plan":
        return
    context.enter("applying")
    if plan.state == "waiting":
        _wait(context, job, plan)
    else:
        _apply(context, job, plan)


def _plan(context: RunContext, job: JobModule) -> PlanHead:
    run = context.run
    context.enter("reading")
    steps = plan_only(context, run.only) if run.only else job.make_plan(context)
    effects = steps if isinstance(steps, Effects) else draft(context, steps)
    if not context.counters.adds_up():
        message = f"the counters of the job {run.job} do not add up: {context.counters}"
        raise RunFaulty(message)
    with context.installation.database.transaction() as tx:
        store_plan(tx, context, effects, context.current.version_id)
        store.save_counters(tx, context.lease, context.counters)
        if run.mode == "apply" and not run.only:
            plan_reads(tx, context.lease)
        if not run.only:
            keep_score(tx, run.connection_id, run.id, run.job, context.counters.apart)
        context.renew(tx)
        if run.mode == "plan":
            store.end(tx, context.lease, "done")
        plan = plan_of_run(tx, run.connection_id, run.id)
    assert plan is not None  # noqa: S101 -- it was just stored
    return plan


def _wait(context: RunContext, job: JobModule, plan: PlanHead) -> None:
    """Let opt-outs leave unless they are what there is too much of; the rest waits for a word."""
    if plan.has_opt_outs and "opt_outs" not in plan.held:
        job.apply_opt_outs(context, plan.id)
    reason = f"{plan.wait_reason}: `bridge plan approve {plan.id}`, or `bridge plan discard`"
    with context.installation.database.transaction() as tx:
        store.wait(tx, context.lease, reason)
    log.warning("run_waits_for_approval", extra={"run": context.run.id, "plan": plan.id})


def _apply(context: RunContext, job: JobModule, plan: PlanHead) -> None:
    run = context.run
    with context.installation.database.transaction() as tx:
        begin_plan(tx, run.connection_id, plan.id)
        if "mapping" in plan.held:
            settle_by_plan(tx, run.connection_id, plan.id)
    job.apply_plan(context, plan.id)
    with context.installation.database.transaction() as tx:
        states = finish_plan(tx, run.connection_id, plan.id)
        if left := sum(states.get(state, 0) for state in ("planned", "sending", "sent")):
            message = f"the job {run.job} left {left} steps open"
            raise RunFaulty(message)
        store.end(tx, context.lease, "done")
    log.info("run_done", extra={"run": run.id, "job": run.job, "steps": states})
