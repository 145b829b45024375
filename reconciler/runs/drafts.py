"""The steps of a plan until it is whole: written as they are decided, moved into the plan at once.

So a plan needs no memory, however many steps it has, and what waits for a word or is carried out is
never half a plan.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

import psycopg

from bridge.db.queries import load_queries
from bridge.delivery.work import CONSENT, ENGAGEMENT, RECONCILE
from reconciler.copying import block
from reconciler.plans.effects import Effects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.runs.context import RunContext
    from reconciler.runs.model import Job, PlannedStep

_SQL = load_queries("reconciler.runs", "plans.sql")

_STEPS = 250


def draft(context: RunContext, steps: Iterable[PlannedStep]) -> Effects:
    """Write steps down in the order in which they come, and return what they come to.

    What was drafted by a process that has gone is forgotten: it is decided anew.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    effects, coming = Effects(), iter(steps)
    database = context.installation.database
    with database.transaction() as tx:
        tx.execute(_SQL["forget_drafted"], context.lease.row())
    while part := list(islice(coming, _STEPS)):
        rows = [
            _row(context, step, ordinal) for ordinal, step in enumerate(part, start=effects.steps)
        ]
        with database.transaction() as tx:
            with tx.cursor().copy(_SQL["copy_drafted"]) as copy:
                copy.write(block(rows))
            context.renew(tx)
        for step in part:
            effects.add(step)
    return effects


def move_drafted(
    tx: psycopg.Connection[Any],
    context: RunContext,
    plan_id: int,
    count: int,
    *,
    mapping_version_id: int | None,
    first: int = 0,
) -> None:
    """Move the drafted steps into a plan: opt-outs first, then who takes a contact along.

    Args:
        tx: The transaction that stores the plan.
        context: The run.
        plan_id: The plan.
        count: How many were drafted.
        mapping_version_id: The mapping that they were made by.
        first: The place of the first of them.

    Raises:
        psycopg.OperationalError: If some are gone, because the server has crashed.
    """
    place = {"plan_id": plan_id, "first": first, "mapping_version_id": mapping_version_id}
    moved = tx.execute(_SQL["move_drafted"], context.lease.row() | place).rowcount
    if moved != count:
        message = f"{count - moved} drafted steps are gone: the database was restarted"
        raise psycopg.OperationalError(message)
    tx.execute(_SQL["forget_drafted"], context.lease.row())


def append_drafted(
    tx: psycopg.Connection[Any], context: RunContext, plan_id: int, count: int
) -> None:
    """Add the drafted steps to a plan that is being applied: what its own have brought about.

    Their addresses are looked at again by the next run, as those of all planned steps are.
    """
    values = context.lease.row() | {"plan_id": plan_id}
    ((first,),) = tx.execute(_SQL["next_ordinal"], values).fetchall()
    tx.execute(_SQL["keep_candidates"], values)
    version_id = context.current.version_id
    move_drafted(tx, context, plan_id, count, mapping_version_id=version_id, first=int(first))


def lane_of(step: PlannedStep, job: Job) -> int:
    """Return the lane in which a step is carried out."""
    if step.kind == "unsubscribe":
        return CONSENT
    return ENGAGEMENT if job == "activities" else RECONCILE


def detail_of(step: PlannedStep) -> dict[str, Any]:
    """Return what a stored step keeps of what it does."""
    return {
        "body": dict(step.body),
        "contact_id": step.cc_id,
        "change": {name: list(pair) for name, pair in step.change.items()},
        "calls": step.calls,
    }


def before_of(step: PlannedStep) -> dict[str, Any]:
    """Return what a step replaces: what an undo puts back."""
    return {name: old for name, (old, _) in step.change.items()}


def _row(context: RunContext, step: PlannedStep, ordinal: int) -> Sequence[str]:
    run = context.run
    return (
        str(run.connection_id),
        str(run.id),
        str(ordinal),
        step.key,
        step.kind,
        step.subject_kind,
        step.subject_key,
        str(lane_of(step, run.job)),
        _json(detail_of(step)),
        _json(before_of(step)),
        step.facts.hex(),
        step.reason,
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
