"""Runs of a firm's bridge that heard of nothing, and what they counted; no code under test here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bridge.plans.steps import all_steps
from bridge.policies.store import set_policies
from bridge.runs.model import Scope
from reconciler.runs.execute import run_now

if TYPE_CHECKING:
    from bridge.plans.model import StoredStep
    from bridge.runs.model import Extent, Job, RunRecord
    from tests.journey.firm import Firm


def run(
    firm: Firm,
    job: Job,
    mode: Literal["plan", "apply"] = "apply",
    *,
    extent: Extent | None = None,
    accepts_fewer: bool = False,
) -> RunRecord:
    """Run a job, and see that it ended well and that its counters add up."""
    bridge = firm.bridge
    record = run_now(
        bridge.installation,
        bridge.connection_id,
        job,
        mode,
        scope=Scope(extent=extent, accepts_fewer=accepts_fewer),
    )
    assert record.state == "done", record.reason
    counters = record.counters
    explained = sum(counters["skipped"].values()) + sum(counters["rejected"].values())
    assert counters["read"] == counters["unchanged"] + counters["planned"] + explained
    return record


def planned(firm: Firm, job: Job) -> list[StoredStep]:
    """Return what a run would do, however much was deleted."""
    record = run(firm, job, "plan", accepts_fewer=True)
    assert record.plan_id is not None
    with firm.bridge.database.transaction() as tx:
        return all_steps(tx, firm.bridge.connection_id, record.plan_id)


def kinds(steps: list[StoredStep]) -> list[tuple[str, str]]:
    """Return kind and subject of steps."""
    return [(step.kind, step.subject_key) for step in steps]


def reconcile(firm: Firm) -> None:
    """Run both jobs that carry Practifi's state over, however much was deleted."""
    run(firm, "lists", accepts_fewer=True)
    run(firm, "contacts", accepts_fewer=True)


def decide_on(firm: Firm, *assignments: str) -> None:
    """Set policies of a firm."""
    with firm.bridge.database.transaction() as tx:
        set_policies(tx, firm.bridge.connection_id, assignments, by="ann")
