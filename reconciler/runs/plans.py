"""The plan of a run: stored whole before any of it is done, then step by step what became of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from bridge.db.queries import load_queries
from bridge.delivery.work import CONSENT, ENGAGEMENT, RECONCILE
from reconciler.plans.effects import before_and_after
from reconciler.plans.figures import read_figures
from reconciler.plans.guard import judge
from reconciler.runs.model import SIGNS, PlanHead, StoredStep

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Literal, TypeAlias

    import psycopg

    from reconciler.plans.effects import Figures
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import Job, PlannedStep, PlanState

    StepEnd: TypeAlias = Literal["confirmed", "skipped", "refused", "failed"]

_SQL = load_queries("reconciler.runs", "plans.sql")

_ALL = 2_147_483_647


def store_plan(
    tx: psycopg.Connection[Any],
    context: RunContext,
    steps: Iterable[PlannedStep],
    mapping_version_id: int | None,
) -> int:
    """Store a plan with its steps and return its id.

    Plans of the same job that nobody applied are discarded, and runs that waited with one end: they
    rest on what was before. A plan without a step is done at once; of a run that applies it waits
    only where it would take too much away, otherwise it always does.

    Args:
        tx: The transaction that also stores the run's counters.
        context: The run.
        steps: In the order they are carried out.
        mapping_version_id: The mapping that they were made by.
    """
    steps = list(steps)
    run = context.run
    figures = read_figures(tx, run.connection_id, run.job)
    verdict = judge(steps, figures)
    waits = run.mode == "plan" or bool(verdict.held)
    state: PlanState = "done" if not steps else "waiting" if waits else "applying"
    values: dict[str, Any] = {"connection_id": run.connection_id, "run_id": run.id, "job": run.job}
    older = [row[0] for row in tx.execute(_SQL["older_plans"], values)]
    outcome = "a newer plan took its place"
    tx.execute(_SQL["skip_steps"], values | {"plan_ids": older, "outcome": outcome})
    tx.execute(_SQL["end_runs_of"], values | {"plan_ids": older, "outcome": outcome})
    plan_id = add_plan(
        tx,
        run.connection_id,
        run.id,
        asked_by=run.asked_by,
        state=state,
        wait_reason=verdict.reason or None,
        totals=totals(steps, figures) | {"held": list(verdict.held)},
    )
    add_steps(tx, run.connection_id, plan_id, steps, mapping_version_id, job=run.job)
    return plan_id


def add_plan(
    tx: psycopg.Connection[Any],
    connection_id: int,
    run_id: int,
    *,
    asked_by: str,
    state: PlanState,
    totals: Mapping[str, Any],
    wait_reason: str | None = None,
    undoes: int | None = None,
) -> int:
    """Store a plan without its steps and return its id."""
    row = tx.execute(
        _SQL["add_plan"],
        {
            "connection_id": connection_id,
            "run_id": run_id,
            "asked_by": asked_by,
            "state": state,
            "wait_reason": wait_reason,
            "totals": Jsonb(totals),
            "undoes": undoes,
        },
    ).fetchone()
    assert row is not None  # noqa: S101 -- the statement returns its row
    return int(row[0])


def append_steps(
    tx: psycopg.Connection[Any],
    context: RunContext,
    plan_id: int,
    steps: Sequence[PlannedStep],
) -> None:
    """Add steps to a plan that is being applied: what its own steps have brought about."""
    values = {"connection_id": context.run.connection_id, "plan_id": plan_id}
    row = tx.execute(_SQL["next_ordinal"], values).fetchone()
    assert row is not None  # noqa: S101 -- an aggregate has its one row
    run = context.run
    version_id = context.current.version_id
    add_steps(tx, run.connection_id, plan_id, steps, version_id, job=run.job, first=int(row[0]))


def add_steps(
    tx: psycopg.Connection[Any],
    connection_id: int,
    plan_id: int,
    steps: Sequence[PlannedStep],
    mapping_version_id: int | None,
    *,
    job: Job,
    first: int = 0,
) -> None:
    """Store the steps of a plan, from a place on."""
    rows = (
        _row(step, ordinal, job)
        | {
            "connection_id": connection_id,
            "plan_id": plan_id,
            "mapping_version_id": mapping_version_id,
        }
        for ordinal, step in enumerate(steps, start=first)
    )
    with tx.cursor() as cursor:
        cursor.executemany(_SQL["add_step"], rows)


def totals(steps: Sequence[PlannedStep], figures: Figures) -> dict[str, Any]:
    """Return what a plan comes to: steps by sign and kind, calls, numbers before and after."""
    signs = Counter(step.sign for step in steps)
    return {
        "steps": len(steps),
        "by_sign": {sign: signs[sign] for sign in SIGNS if signs[sign]},
        "by_kind": dict(sorted(Counter(step.kind for step in steps).items())),
        "calls": sum(step.calls for step in steps),
        "before_after": before_and_after(steps, figures),
    }


def plan_of_run(tx: psycopg.Connection[Any], connection_id: int, run_id: int) -> PlanHead | None:
    """Return the plan that a run carries out, or None where it has not come so far."""
    values = {"connection_id": connection_id, "run_id": run_id}
    with tx.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_SQL["plan_of_run"], values).fetchone()
    return None if row is None else PlanHead(**row | {"held": tuple(row["held"])})


def begin_plan(tx: psycopg.Connection[Any], connection_id: int, plan_id: int) -> None:
    """Note that an approved plan is being carried out."""
    tx.execute(_SQL["begin_plan"], {"connection_id": connection_id, "plan_id": plan_id})


def open_steps(
    tx: psycopg.Connection[Any],
    connection_id: int,
    plan_id: int,
    *,
    from_ordinal: int = 0,
    count: int = _ALL,
) -> list[StoredStep]:
    """Return the steps of a plan that have not ended, in order.

    A step that is `sending` was begun by a process that has gone: its effect may be there.

    Args:
        tx: A connection in a transaction.
        connection_id: Whose plan it is.
        plan_id: The plan.
        from_ordinal: The first place looked at.
        count: Return at most so many.
    """
    return _steps(tx, connection_id, plan_id, from_ordinal, count, only_open=True)


def all_steps(
    tx: psycopg.Connection[Any],
    connection_id: int,
    plan_id: int,
    *,
    from_ordinal: int = 0,
    count: int = _ALL,
) -> list[StoredStep]:
    """Return the steps of a plan in order, whatever became of them."""
    return _steps(tx, connection_id, plan_id, from_ordinal, count, only_open=False)


def send_step(tx: psycopg.Connection[Any], connection_id: int, plan_id: int, ordinal: int) -> None:
    """Note, before the call, that a step is on its way: from here on its effect may exist."""
    tx.execute(_SQL["send_step"], _place(connection_id, plan_id, ordinal))


def end_step(
    tx: psycopg.Connection[Any],
    connection_id: int,
    plan_id: int,
    ordinal: int,
    state: StepEnd,
    *,
    outcome: str | None = None,
    answer: Mapping[str, Any] | None = None,
) -> None:
    """Note what became of a step, in the transaction that keeps its effect."""
    tx.execute(
        _SQL["end_step"],
        _place(connection_id, plan_id, ordinal)
        | {
            "state": state,
            "outcome": outcome,
            "answer": None if answer is None else Jsonb(answer),
        },
    )


def finish_plan(tx: psycopg.Connection[Any], connection_id: int, plan_id: int) -> dict[str, int]:
    """End a plan and return its steps by state; a step that is open is the caller's to judge."""
    values = {"connection_id": connection_id, "plan_id": plan_id}
    tx.execute(_SQL["end_plan"], values)
    return step_states(tx, connection_id, plan_id)


def abandon_plan(
    tx: psycopg.Connection[Any], connection_id: int, plan_id: int, outcome: str
) -> None:
    """End a plan whose run ended early: what was not begun is skipped, with these words.

    Steps of an address or a list that were on their way stay so: whoever delivers that subject
    next looks their effect up and closes them.
    """
    values = {"connection_id": connection_id, "plan_id": plan_id, "outcome": outcome}
    tx.execute(_SQL["skip_steps"], values | {"plan_ids": [plan_id]})
    tx.execute(_SQL["fail_interactions"], values | {"outcome": "no answer came"})
    tx.execute(_SQL["end_plan"], values)


def step_states(tx: psycopg.Connection[Any], connection_id: int, plan_id: int) -> dict[str, int]:
    """Return how many steps of a plan are in which state."""
    values = {"connection_id": connection_id, "plan_id": plan_id}
    return dict(tx.execute(_SQL["step_states"], values).fetchall())


def list_names(tx: psycopg.Connection[Any], connection_id: int) -> dict[str, str]:
    """Return the names of all lists by their ids, those there and those in Practifi."""
    return dict(tx.execute(_SQL["list_names"], {"connection_id": connection_id}).fetchall())


def _place(connection_id: int, plan_id: int, ordinal: int) -> dict[str, Any]:
    return {"connection_id": connection_id, "plan_id": plan_id, "ordinal": ordinal}


def _row(step: PlannedStep, ordinal: int, job: Job) -> dict[str, Any]:
    lane = ENGAGEMENT if job == "activities" else RECONCILE
    return {
        "ordinal": ordinal,
        "key": step.key,
        "kind": step.kind,
        "subject_kind": step.subject_kind,
        "subject_key": step.subject_key,
        "lane": CONSENT if step.kind == "unsubscribe" else lane,
        "detail": Jsonb(
            {
                "body": dict(step.body),
                "contact_id": step.cc_id,
                "change": {name: list(pair) for name, pair in step.change.items()},
                "calls": step.calls,
            }
        ),
        "before": Jsonb({name: old for name, (old, _) in step.change.items()}),
        "facts": step.facts,
        "reason": step.reason,
    }


def _steps(
    tx: psycopg.Connection[Any],
    connection_id: int,
    plan_id: int,
    from_ordinal: int,
    count: int,
    *,
    only_open: bool,
) -> list[StoredStep]:
    values = {
        "connection_id": connection_id,
        "plan_id": plan_id,
        "from_ordinal": from_ordinal,
        "count": count,
        "only_open": only_open,
    }
    with tx.cursor(row_factory=dict_row) as cursor:
        return [_step(row) for row in cursor.execute(_SQL["plan_steps"], values)]


def _step(row: dict[str, Any]) -> StoredStep:
    detail = row.pop("detail")
    return StoredStep(
        **row,
        body=detail.get("body", {}),
        cc_id=detail.get("contact_id"),
        change={name: (old, new) for name, (old, new) in detail.get("change", {}).items()},
        calls=detail.get("calls", 1),
    )
