"""Plans of a firm: made, approved, taken back; no code under test here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.plans.choose import Choice
from bridge.plans.difference import outcome_lines
from bridge.plans.steps import all_steps, list_names
from bridge.plans.store import approve_plan, find_plan, names_of
from bridge.runs.store import load_run
from reconciler.plans.undoing import plan_undo
from reconciler.runs.execute import execute
from reconciler.runs.store import claim
from tests.journey.reconciling import run

if TYPE_CHECKING:
    from bridge.plans.model import PlanRecord, StoredStep
    from bridge.runs.model import Job, RunRecord
    from tests.journey.firm import Firm


def plan_of(firm: Firm, record: RunRecord) -> PlanRecord:
    with firm.bridge.database.transaction() as tx:
        return find_plan(tx, record.plan_id or 0)


def a_plan(firm: Firm, job: Job = "contacts") -> PlanRecord:
    return plan_of(firm, run(firm, job, "plan"))


def approve(firm: Firm, plan: PlanRecord, *, only: tuple[str, ...] = ()) -> RunRecord:
    """Approve a plan, or what concerns some of it, and carry it out here."""
    bridge = firm.bridge
    with bridge.database.transaction() as tx:
        contacts, lists = names_of(tx, bridge.connection_id, only)
        run_id, _ = approve_plan(tx, plan, Choice(contacts=contacts, lists=lists), by="ann")
        lease = claim(tx, bridge.connection_id, run_id, 60)
    assert lease is not None
    execute(bridge.installation, lease)
    with bridge.database.transaction() as tx:
        return load_run(tx, bridge.connection_id, run_id)


def undo(firm: Firm, record: RunRecord) -> tuple[PlanRecord | None, dict[str, int]]:
    """Plan to take back what a run has done."""
    with firm.bridge.database.transaction() as tx:
        plan = find_plan(tx, record.plan_id or 0)
        made, left = plan_undo(tx, plan, by="ann", installation_owner="linked_first")
        return (None if made is None else find_plan(tx, made)), dict(left)


def steps_of(firm: Firm, plan: PlanRecord) -> list[StoredStep]:
    with firm.bridge.database.transaction() as tx:
        return all_steps(tx, plan.connection_id, plan.id)


def words_of(firm: Firm, plan: PlanRecord) -> list[str]:
    with firm.bridge.database.transaction() as tx:
        names = list_names(tx, plan.connection_id)
    return list(outcome_lines(steps_of(firm, plan), names))


def record_of(firm: Firm, email: str) -> str:
    """Return the record id of who has an address."""
    (row,) = firm.bridge.rows(
        "SELECT sf_id FROM practifi_record WHERE kind = 'contact' AND email_key = %(email)s",
        email=email,
    )
    return str(row["sf_id"])


def figures(plan: PlanRecord) -> dict[str, tuple[int, int]]:
    return {row["name"]: (row["before"], row["after"]) for row in plan.totals["before_after"]}
