"""Runs for tests: asked for, claimed, carried out with a job made of two functions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from bridge.clock import advance
from bridge.plans.steps import open_steps
from bridge.runs.store import ask_run, load_run
from reconciler.runs import store
from reconciler.runs.execute import execute
from reconciler.runs.model import PlannedStep
from reconciler.runs.plans import end_step

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.runs.model import Job, Mode, RunRecord
    from reconciler.runs.context import RunContext
    from tests.fix_bridge import RunningBridge


def a_step(number: int = 0, **values: Any) -> PlannedStep:
    return PlannedStep(
        **{
            "key": f"address:{number}@example.com:update_contact",
            "kind": "update_contact",
            "subject_kind": "address",
            "subject_key": f"{number}@example.com",
            "reason": "the record changed",
            "facts": b"facts",
            "change": {"first_name": ("A", "B")},
            **values,
        }
    )


def plan_of(count: int) -> Callable[[RunContext], list[PlannedStep]]:
    def make_plan(context: RunContext) -> list[PlannedStep]:
        context.counters.read = context.counters.planned = count
        return [a_step(number) for number in range(count)]

    return make_plan


def apply_all(context: RunContext, plan_id: int) -> None:
    with context.installation.database.transaction() as tx:
        for step in open_steps(tx, context.connection.id, plan_id):
            end_step(tx, context.connection.id, plan_id, step.ordinal, "confirmed")


def raising(error: BaseException) -> Any:
    def act(*_: object) -> Any:
        raise error

    return act


def a_job(make_plan: Any = None, apply_plan: Any = apply_all) -> Any:
    return SimpleNamespace(make_plan=make_plan or plan_of(3), apply_plan=apply_plan)


def ask(bridge: RunningBridge, job: Job = "lists", mode: Mode = "apply") -> tuple[int, bool]:
    with bridge.database.transaction() as tx:
        return ask_run(tx, bridge.connection_id, job, mode=mode, origin="cli", asked_by="a test")


def claim(bridge: RunningBridge, run_id: int) -> store.RunLease | None:
    with bridge.database.transaction() as tx:
        return store.claim(tx, bridge.connection_id, run_id, 60)


def load(bridge: RunningBridge, run_id: int) -> RunRecord:
    with bridge.database.transaction() as tx:
        return load_run(tx, bridge.connection_id, run_id)


def begun(bridge: RunningBridge, mode: Mode = "apply") -> store.RunLease:
    lease = claim(bridge, ask(bridge, mode=mode)[0])
    assert lease is not None
    return lease


def ran(bridge: RunningBridge, job: Any, mode: Mode = "apply", **options: Any) -> RunRecord:
    lease = begun(bridge, mode)
    execute(bridge.installation, lease, job=job, **options)
    return load(bridge, lease.run.id)


def later(bridge: RunningBridge, seconds: float) -> None:
    with bridge.database.transaction() as tx:
        advance(tx, seconds)
