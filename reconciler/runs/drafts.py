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

    from bridge.runs.model import Job
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep

_SQL = load_queries("reconciler.runs", "plans.sql")

_STEPS = 250
_MANY = 1_000  # steps of a plan that the planner has to know of


def draft(context: RunContext, steps: Iterable[PlannedStep]) -> Effects:
    """Write steps down in the order in which they come, and return what they come to.

    What was drafted by a process that has gone is forgotten: it is decided anew.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    effects, coming = Effects(), iter(steps)
    database, run = context.installation.database, context.run
    with database.transaction() as tx:
        tx.execute(_SQL["forget_drafted"], context.lease.row())
    while part := list(islice(coming, _STEPS)):
        with database.transaction() as tx:
            _copy(tx, run.connection_id, run.id, run.job, part, effects=effects)
            context.renew(tx)
    return effects


def draft_within(
    tx: psycopg.Connection[Any],
    connection_id: int,
    run_id: int,
    job: Job,
    steps: Iterable[PlannedStep],
) -> Effects:
    """Write steps down as `draft` does, for a run that nobody holds: in the caller's transaction.

    Args:
        tx: The transaction that stores the plan.
        connection_id: Whose run it is.
        run_id: The run.
        job: Its job.
        steps: In order.
    """
    effects, coming = Effects(), iter(steps)
    while part := list(islice(coming, _STEPS)):
        _copy(tx, connection_id, run_id, job, part, effects=effects)
    return effects


def _copy(
    tx: psycopg.Connection[Any],
    connection_id: int,
    run_id: int,
    job: Job,
    part: Sequence[PlannedStep],
    *,
    effects: Effects,
) -> None:
    """Write a part of the steps down behind those that `effects` has added up, and add it."""
    rows: list[tuple[str | None, ...]] = []
    for ordinal, step in enumerate(part, start=effects.steps):
        rows.append((str(connection_id), str(run_id), str(ordinal), *_row(step, job)))
    with tx.cursor().copy(_SQL["copy_drafted"]) as copy:
        copy.write(block(rows))
    for step in part:
        effects.add(step)


def move_drafted(
    tx: psycopg.Connection[Any],
    connection_id: int,
    run_id: int,
    plan_id: int,
    count: int,
    *,
    mapping_version_id: int | None,
    first: int = 0,
) -> None:
    """Move the drafted steps into a plan: opt-outs first, then who takes a contact along.

    Args:
        tx: The transaction that stores the plan.
        connection_id: Whose plan it is.
        run_id: The run that drafted them.
        plan_id: The plan.
        count: How many were drafted.
        mapping_version_id: The mapping that they were made by.
        first: The place of the first of them.

    Raises:
        psycopg.OperationalError: If some are gone, because the server has crashed.
    """
    run = {"connection_id": connection_id, "run_id": run_id}
    place = {"plan_id": plan_id, "first": first, "mapping_version_id": mapping_version_id}
    moved = tx.execute(_SQL["move_drafted"], run | place).rowcount
    if moved != count:
        message = f"{count - moved} drafted steps are gone: the database was restarted"
        raise psycopg.OperationalError(message)
    tx.execute(_SQL["forget_drafted"], run)
    if count >= _MANY:
        tx.execute(_SQL["analyse_steps"])


def append_drafted(
    tx: psycopg.Connection[Any], context: RunContext, plan_id: int, count: int
) -> None:
    """Add the drafted steps to a plan that is being applied: what its own have brought about.

    Their addresses are looked at again by the next run, as those of all planned steps are.
    """
    values = context.lease.row() | {"plan_id": plan_id}
    ((first,),) = tx.execute(_SQL["next_ordinal"], values).fetchall()
    tx.execute(_SQL["keep_candidates"], values)
    move_drafted(
        tx,
        context.run.connection_id,
        context.run.id,
        plan_id,
        count,
        mapping_version_id=context.current.version_id,
        first=int(first),
    )


def _lane_of(step: PlannedStep, job: Job) -> int:
    """Return the lane in which a step is carried out."""
    if step.kind == "unsubscribe":
        return CONSENT
    return ENGAGEMENT if job == "activities" else RECONCILE


def _detail_of(step: PlannedStep) -> dict[str, Any]:
    """Return what a stored step keeps of what it does."""
    return {
        "body": dict(step.body),
        "contact_id": step.cc_id,
        "change": {name: list(pair) for name, pair in step.change.items()},
        "calls": step.calls,
    }


def _before_of(step: PlannedStep) -> dict[str, Any]:
    """Return what a step replaces: what an undo puts back."""
    return {name: old for name, (old, _) in step.change.items()}


def _row(step: PlannedStep, job: Job) -> Sequence[str | None]:
    return (
        step.key,
        step.kind,
        step.subject_kind,
        step.subject_key,
        str(_lane_of(step, job)),
        _json(_detail_of(step)),
        _json(_before_of(step)),
        step.facts.hex(),
        step.reason,
        None if step.mapping_version_id is None else str(step.mapping_version_id),
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
