"""The plan of a run as it stands: which steps are open, and what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from bridge.db.queries import load_queries
from reconciler.runs.model import PlanHead, StoredStep

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Literal, TypeAlias

    import psycopg

    StepEnd: TypeAlias = Literal["confirmed", "skipped", "refused", "failed"]

_SQL = load_queries("reconciler.runs", "plans.sql")

_ALL = 2_147_483_647


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
