"""The plan of a run as it stands: which steps are open, and what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from bridge.db.queries import load_queries
from bridge.plans.interactions import fail_interactions, skip_interactions
from bridge.plans.steps import ALL_STEPS, step_of, step_states
from reconciler.runs.model import PlanHead

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal, TypeAlias

    import psycopg

    from bridge.plans.model import StoredStep

    StepEnd: TypeAlias = Literal["confirmed", "skipped", "refused", "failed"]

_SQL = load_queries("reconciler.runs", "plans.sql")

_ALL = 2_147_483_647


class StepEnding(NamedTuple):
    """What became of one step of a plan."""

    ordinal: int
    state: StepEnd
    outcome: str | None = None
    answer: Mapping[str, Any] | None = None


class OpenTotals(NamedTuple):
    """What is open of a plan.

    Attributes:
        subjects: Addresses and lists that have a step which has not ended.
        plain: Addresses among them that have one step, which makes or changes a contact.
        calls: Calls to Constant Contact that all of it costs, one by one.
    """

    subjects: int
    plain: int
    calls: int


def plan_of_run(tx: psycopg.Connection[Any], connection_id: int, run_id: int) -> PlanHead | None:
    """Return the plan that a run carries out, or None where it has not come so far."""
    values = {"connection_id": connection_id, "run_id": run_id}
    with tx.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_SQL["plan_of_run"], values).fetchone()
    return None if row is None else PlanHead(**row | {"held": tuple(row["held"])})


def begin_plan(tx: psycopg.Connection[Any], connection_id: int, plan_id: int) -> None:
    """Note that an approved plan is being carried out."""
    tx.execute(_SQL["begin_plan"], {"connection_id": connection_id, "plan_id": plan_id})


def steps_at(
    tx: psycopg.Connection[Any], connection_id: int, plan_id: int, keys: Sequence[str]
) -> list[StoredStep]:
    """Return the steps of some addresses in a plan, in order, whatever became of them."""
    values = _place(connection_id, plan_id) | {"keys": list(keys)}
    with tx.cursor(row_factory=dict_row) as cursor:
        return [step_of(row) for row in cursor.execute(_SQL["steps_at"], values)]


def opt_out_steps(
    tx: psycopg.Connection[Any], connection_id: int, plan_id: int, *, from_ordinal: int, count: int
) -> list[StoredStep]:
    """Return the open steps of the subjects that a plan unsubscribes, in order."""
    values = _place(connection_id, plan_id) | {"from_ordinal": from_ordinal, "count": count}
    with tx.cursor(row_factory=dict_row) as cursor:
        return [step_of(row) for row in cursor.execute(_SQL["opt_out_steps"], values)]


def open_steps_of(
    tx: psycopg.Connection[Any],
    connection_id: int,
    plan_id: int,
    kind: str,
    *,
    from_ordinal: int,
    count: int,
) -> list[StoredStep]:
    """Return the open steps of one kind of a plan, in order."""
    values = _place(connection_id, plan_id) | {"from_ordinal": from_ordinal, "count": count}
    with tx.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_SQL["open_steps_of"], values | {"kind": kind})
        return [step_of(row) for row in rows]


def open_totals(tx: psycopg.Connection[Any], connection_id: int, plan_id: int) -> OpenTotals:
    """Return how much of a plan is open."""
    row = tx.execute(_SQL["open_totals"], _place(connection_id, plan_id)).fetchone()
    assert row is not None  # noqa: S101 -- an aggregate has its one row
    return OpenTotals(*row)


def send_step(tx: psycopg.Connection[Any], connection_id: int, plan_id: int, ordinal: int) -> None:
    """Note, before the call, that a step is on its way: from here on its effect may exist."""
    tx.execute(_SQL["send_step"], _place(connection_id, plan_id) | {"ordinal": ordinal})


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
        _place(connection_id, plan_id)
        | {
            "ordinal": ordinal,
            "state": state,
            "outcome": outcome,
            "answer": None if answer is None else Jsonb(answer),
        },
    )


def end_steps(
    tx: psycopg.Connection[Any], connection_id: int, plan_id: int, endings: Sequence[StepEnding]
) -> None:
    """Note what became of several steps of a plan."""
    answers = [None if one.answer is None else Jsonb(one.answer) for one in endings]
    tx.execute(
        _SQL["end_steps"],
        _place(connection_id, plan_id)
        | {
            "ordinals": [one.ordinal for one in endings],
            "states": [one.state for one in endings],
            "outcomes": [one.outcome for one in endings],
            "answers": answers,
        },
    )


def finish_plan(tx: psycopg.Connection[Any], connection_id: int, plan_id: int) -> dict[str, int]:
    """End a plan and return its steps by state; a step that is open is the caller's to judge."""
    values = {"connection_id": connection_id, "plan_id": plan_id}
    tx.execute(_SQL["end_plan"], values)
    return step_states(tx, connection_id, plan_id)


def close_in_bulk(
    tx: psycopg.Connection[Any],
    connection_id: int,
    plan_id: int,
    *,
    first: int = 0,
    last: int = ALL_STEPS,
) -> None:
    """End steps, from one place to another, that a bulk activity has seen to the end."""
    values = _place(connection_id, plan_id) | {"first": first, "last": last}
    tx.execute(_SQL["close_in_bulk"], values)


def abandon_plan(
    tx: psycopg.Connection[Any], connection_id: int, plan_id: int, outcome: str
) -> None:
    """End a plan whose run ended early: what was not begun is skipped, with these words.

    What is in a bulk activity that was not sent leaves it. Steps that were on their way stay so:
    the end of their activity, or whoever delivers that subject next, looks their effect up and
    closes them.
    """
    values = {"connection_id": connection_id, "plan_id": plan_id, "outcome": outcome}
    close_in_bulk(tx, connection_id, plan_id)
    tx.execute(_SQL["take_out_of_bulk"], values)
    tx.execute(_SQL["leave_to_activities"], values)
    tx.execute(_SQL["skip_steps"], values | {"plan_ids": [plan_id]})
    skip_interactions(tx, connection_id, [plan_id], outcome)
    fail_interactions(tx, connection_id, plan_id, "no answer came")
    tx.execute(_SQL["end_plan"], values)


def _place(connection_id: int, plan_id: int) -> dict[str, Any]:
    return {"connection_id": connection_id, "plan_id": plan_id}
