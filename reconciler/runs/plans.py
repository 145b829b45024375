"""The plan of a run as it stands: which steps are open, and what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from bridge.db.queries import load_queries
from reconciler.runs.interactions import (
    fail_interactions,
    interaction_rows,
    interaction_states,
    skip_interactions,
)
from reconciler.runs.model import PlanHead, StoredStep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Literal, TypeAlias

    import psycopg

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


def steps_at(
    tx: psycopg.Connection[Any], connection_id: int, plan_id: int, keys: Sequence[str]
) -> list[StoredStep]:
    """Return the steps of some addresses in a plan, in order, whatever became of them."""
    values = _place(connection_id, plan_id) | {"keys": list(keys)}
    with tx.cursor(row_factory=dict_row) as cursor:
        return [_step(row) for row in cursor.execute(_SQL["steps_at"], values)]


def opt_out_steps(
    tx: psycopg.Connection[Any], connection_id: int, plan_id: int, *, from_ordinal: int, count: int
) -> list[StoredStep]:
    """Return the open steps of the subjects that a plan unsubscribes, in order."""
    values = _place(connection_id, plan_id) | {"from_ordinal": from_ordinal, "count": count}
    with tx.cursor(row_factory=dict_row) as cursor:
        return [_step(row) for row in cursor.execute(_SQL["opt_out_steps"], values)]


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
    last: int = _ALL,
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


def step_states(tx: psycopg.Connection[Any], connection_id: int, plan_id: int) -> dict[str, int]:
    """Return how many steps of a plan are in which state."""
    values = {"connection_id": connection_id, "plan_id": plan_id}
    states: dict[str, int] = dict(tx.execute(_SQL["step_states"], values).fetchall())
    for state, count in interaction_states(tx, connection_id, plan_id).items():
        states[state] = states.get(state, 0) + count
    return states


def list_names(tx: psycopg.Connection[Any], connection_id: int) -> dict[str, str]:
    """Return the names of all lists by their ids, those there and those in Practifi."""
    return dict(tx.execute(_SQL["list_names"], {"connection_id": connection_id}).fetchall())


def _place(connection_id: int, plan_id: int) -> dict[str, Any]:
    return {"connection_id": connection_id, "plan_id": plan_id}


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
        rows = cursor.execute(_SQL["plan_steps"], values).fetchall()
    return [_step(row) for row in rows or interaction_rows(tx, values)]


def _step(row: dict[str, Any]) -> StoredStep:
    detail = row.pop("detail")
    return StoredStep(
        **row,
        body=detail.get("body", {}),
        cc_id=detail.get("contact_id"),
        change={name: (old, new) for name, (old, new) in detail.get("change", {}).items()},
        calls=detail.get("calls", 1),
    )
