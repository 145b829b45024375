"""Make the plan that takes another one back; nothing is done before somebody approves it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.db.queries import load_queries
from bridge.delivery.gather import gather_all, with_there
from bridge.errors import ConfigurationError
from bridge.mapping.versions import active
from bridge.policies.store import policies_of
from reconciler.plan_contacts import planned_step
from reconciler.plans.figures import read_figures
from reconciler.plans.guard import judge
from reconciler.plans.undo import decide_undo, undo_of, why_not
from reconciler.runs.plan_store import add_plan, add_steps, totals
from reconciler.runs.plans import all_steps

if TYPE_CHECKING:
    from typing import Literal

    import psycopg

    from reconciler.plans.model import PlanRecord
    from reconciler.plans.undo import Undo
    from reconciler.runs.model import PlannedStep

_SQL = load_queries("reconciler.plans", "undo.sql")

_KEYS_A_READ = 500
_CALLS = 3  # it is read, written, and read back where it is taken off a list


class Undone(NamedTuple):
    """What came of asking for an undo.

    Attributes:
        plan_id: The plan that waits; None where nothing is left to take back.
        left: Why addresses do not get their lists back -> how many.
    """

    plan_id: int | None
    left: Counter[str]


def undos_of(tx: psycopg.Connection[Any], connection_id: int, plan_id: int) -> dict[str, Undo]:
    """Return address -> what takes a plan back, of lists that are still there."""
    lists = read_figures(tx, connection_id).names
    steps = all_steps(tx, connection_id, plan_id)
    return {key: undo.among(lists) for key, undo in undo_of(plan_id, steps).items()}


def plan_undo(
    tx: psycopg.Connection[Any],
    plan: PlanRecord,
    *,
    by: str,
    owner_policy: Literal["linked_first", "oldest"],
) -> Undone:
    """Store the plan that takes back what another one has added and removed.

    Raises:
        ConfigurationError: If the plan was not carried out, concerns no people, or the connection
            has no mapping.
    """
    if plan.job != "contacts":
        message = f"plan {plan.id} is of {plan.job}: only what `contacts` did is taken back"
        raise ConfigurationError(message)
    if plan.state != "done":
        raise ConfigurationError(f"plan {plan.id} was not carried out: it is {plan.state}")
    current = active(tx, plan.connection_id)
    if current is None:
        raise ConfigurationError(f"{plan.connection!r} has no mapping: `bridge mapping activate`")
    undos = undos_of(tx, plan.connection_id, plan.id)
    steps: list[PlannedStep] = []
    left: Counter[str] = Counter()
    keys = list(undos)
    for start in range(0, len(keys), _KEYS_A_READ):
        part = keys[start : start + _KEYS_A_READ]
        states = gather_all(
            tx, plan.connection_id, part, current.mapping, owner_policy=owner_policy
        )
        for key, state in states.items():
            known = with_there(state, state.there)
            if (reason := why_not(known, undos[key])) is not None:
                left[reason] += 1
            decided = decide_undo(known, undos[key]).steps
            steps += [planned_step(key, step, calls=_CALLS) for step in decided]
    if not steps:
        return Undone(None, left)
    figures = read_figures(tx, plan.connection_id, steps)
    verdict = judge(steps, figures, policies_of(tx, plan.connection_id))
    values = {"connection_id": plan.connection_id, "job": plan.job, "by": by}
    ((run_id,),) = tx.execute(_SQL["add_planned_run"], values).fetchall()
    plan_id = add_plan(
        tx,
        plan.connection_id,
        run_id,
        asked_by=by,
        state="waiting",
        wait_reason=verdict.reason or None,
        totals=totals(steps, figures) | {"held": list(verdict.held)},
        undoes=plan.id,
    )
    add_steps(tx, plan.connection_id, plan_id, steps, current.version_id, job=plan.job)
    return Undone(plan_id, left)
