"""Make the plan that takes another one back; nothing is done before somebody approves it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.db.queries import load_queries
from bridge.delivery.gather import Gatherer
from bridge.errors import ConfigurationError
from bridge.mapping.versions import active
from bridge.plans.steps import all_steps
from bridge.plans.store import find_plan
from bridge.policies.store import policies_of
from reconciler.plan_contacts import planned_step
from reconciler.plans.figures import read_figures
from reconciler.plans.guard import judge
from reconciler.plans.undo import decide_undo, undo_of, why_not
from reconciler.runs.drafts import draft_within, move_drafted
from reconciler.runs.plan_store import add_plan, totals
from reconciler.runs.plans import steps_at
from reconciler.runs.store import add_note, end

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from bridge.plans.model import PlanRecord
    from bridge.policies.policy import OwnerPolicy
    from reconciler.plans.undo import Undo
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep

_SQL = load_queries("reconciler.plans", "undo.sql")

ADOPTED_STAY = "membership records that were adopted: who deletes one takes the person off there"

_STEPS_A_READ = 500
_CALLS = 3  # it is read, written, and read back where it is taken off a list


class Undone(NamedTuple):
    """What came of asking for an undo.

    Attributes:
        plan_id: The plan that waits; None where nothing is left to take back.
        left: Why addresses do not get their lists back -> how many.
    """

    plan_id: int | None
    left: Counter[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Undos:
    """What takes a plan back, read for a few addresses at a time.

    Attributes:
        plan_id: The plan that is taken back.
        lists: Lists there that are still there.
    """

    connection_id: int
    plan_id: int
    lists: frozenset[str]

    def of(self, tx: psycopg.Connection[Any], keys: Sequence[str]) -> dict[str, Undo]:
        """Return address -> what takes the plan back there; addresses without that are left out."""
        steps = steps_at(tx, self.connection_id, self.plan_id, keys)
        return {key: one.among(self.lists) for key, one in undo_of(self.plan_id, steps).items()}


def undos_of(tx: psycopg.Connection[Any], connection_id: int, plan_id: int) -> Undos:
    """Return what takes a plan back."""
    lists = frozenset(read_figures(tx, connection_id).names)
    return Undos(connection_id=connection_id, plan_id=plan_id, lists=lists)


def plan_back(context: RunContext, plan_id: int) -> None:
    """Make the plan that a run was asked for, and end the run: what is left is in its notes."""
    context.enter("planning")
    run = context.run
    with context.installation.database.transaction() as tx:
        plan = find_plan(tx, plan_id)
        owner = context.installation.settings.owner
        made, left = plan_undo(tx, plan, by=run.asked_by, installation_owner=owner, for_run=run.id)
        for reason, count in sorted(left.items()):
            add_note(tx, context.lease, f"{count:,} not put back: {reason}")
        if made is None:
            add_note(tx, context.lease, f"nothing of plan {plan_id} is left to take back")
        end(tx, context.lease, "done")


def plan_undo(
    tx: psycopg.Connection[Any],
    plan: PlanRecord,
    *,
    by: str,
    installation_owner: OwnerPolicy,
    for_run: int | None = None,
) -> Undone:
    """Store the plan that takes back what another one has added and removed.

    Args:
        tx: The caller's transaction.
        plan: The plan to take back.
        by: Who asks.
        installation_owner: As `read_terms` takes it.
        for_run: The run that was asked for it; None: one is made that stands for the plan.

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
    values = {"connection_id": plan.connection_id, "plan_id": plan.id}
    ((adopted,),) = tx.execute(_SQL["count_adopted"], values).fetchall()
    left: Counter[str] = Counter({ADOPTED_STAY: adopted} if adopted else {})
    gatherer = Gatherer(mapping=current.mapping, installation_owner=installation_owner)
    asked = {"connection_id": plan.connection_id, "job": plan.job, "by": by}
    run_id = for_run
    if run_id is None:
        ((run_id,),) = tx.execute(_SQL["add_planned_run"], asked).fetchall()
    steps = _steps(tx, undos_of(tx, plan.connection_id, plan.id), gatherer, left)
    effects = draft_within(tx, plan.connection_id, run_id, plan.job, steps)
    if not effects.steps:
        if for_run is None:
            tx.execute(_SQL["forget_planned_run"], values | {"run_id": run_id})
        return Undone(None, left)
    figures = read_figures(tx, plan.connection_id, effects)
    verdict = judge(effects, figures, policies_of(tx, plan.connection_id))
    plan_id = add_plan(
        tx,
        plan.connection_id,
        run_id,
        asked_by=by,
        state="waiting",
        wait_reason=verdict.reason or None,
        totals=totals(effects, figures) | {"held": list(verdict.held)},
        undoes=plan.id,
    )
    move_drafted(
        tx,
        plan.connection_id,
        run_id,
        plan_id,
        effects.steps,
        mapping_version_id=current.version_id,
    )
    return Undone(plan_id, left)


def _steps(
    tx: psycopg.Connection[Any], undos: Undos, gatherer: Gatherer, left: Counter[str]
) -> Iterator[PlannedStep]:
    """Yield what takes a plan back, and count addresses that do not get their lists back."""
    for found in _undos_in_order(tx, undos):
        for key, state in gatherer.seen(tx, undos.connection_id, list(found)).items():
            if (reason := why_not(state, found[key])) is not None:
                left[reason] += 1
            for step in decide_undo(state, found[key]).steps:
                yield planned_step(key, step, calls=_CALLS)


def _undos_in_order(tx: psycopg.Connection[Any], undos: Undos) -> Iterator[dict[str, Undo]]:
    """Yield address -> what takes a plan back there, for some steps of the plan at a time."""
    begin = 0
    while page := all_steps(
        tx, undos.connection_id, undos.plan_id, from_ordinal=begin, count=_STEPS_A_READ
    ):
        keys = {step.subject_key for step in page if step.subject_kind == "address"}
        firsts: dict[str, int] = {}
        for step in steps_at(tx, undos.connection_id, undos.plan_id, sorted(keys)):
            firsts.setdefault(step.subject_key, step.ordinal)
        # An address that the plan came back to is taken back whole, where it comes first.
        yield undos.of(tx, [key for key in sorted(keys) if firsts[key] >= begin])
        begin = page[-1].ordinal + 1
