"""The steps of a plan as their rows stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.db.queries import load_queries
from bridge.plans.interactions import interaction_rows, interaction_states
from bridge.plans.model import StoredStep

if TYPE_CHECKING:
    import psycopg

_SQL = load_queries("bridge.plans")

ALL_STEPS = 2_147_483_647
"""More than any plan has."""


def open_steps(
    tx: psycopg.Connection[Any],
    connection_id: int,
    plan_id: int,
    *,
    from_ordinal: int = 0,
    count: int = ALL_STEPS,
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
    count: int = ALL_STEPS,
) -> list[StoredStep]:
    """Return the steps of a plan in order, whatever became of them."""
    return _steps(tx, connection_id, plan_id, from_ordinal, count, only_open=False)


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
    return [step_of(row) for row in rows or interaction_rows(tx, values)]


def step_of(row: dict[str, Any]) -> StoredStep:
    """Return the step of a row, as `plan_steps` gives it."""
    detail = row.pop("detail")
    return StoredStep(
        **row,
        body=detail.get("body", {}),
        cc_id=detail.get("contact_id"),
        change={name: (old, new) for name, (old, new) in detail.get("change", {}).items()},
        calls=detail.get("calls", 1),
    )
