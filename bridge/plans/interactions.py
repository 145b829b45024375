"""Planned Interactions as steps of their plan: how they stand, and those that nobody sends.

A plan may have a million of them, so they are no rows of `step`: each is a row of its own that is
written once, and its state is that of the part of the plan that it was sent with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

_SQL = load_queries("bridge.plans", "interactions.sql")


def interaction_rows(tx: psycopg.Connection[Any], values: dict[str, Any]) -> list[dict[str, Any]]:
    """Return planned Interactions of a plan as the statement `plan_steps` returns steps.

    Args:
        tx: A connection in a transaction.
        values: The parameters of that statement.
    """
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_SQL["interaction_steps"], values).fetchall()


def interaction_states(
    tx: psycopg.Connection[Any], connection_id: int, plan_id: int
) -> dict[str, int]:
    """Return how many Interactions of a plan are in which state."""
    values = {"connection_id": connection_id, "plan_id": plan_id}
    return dict(tx.execute(_SQL["interaction_states"], values).fetchall())


def skip_interactions(
    tx: psycopg.Connection[Any], connection_id: int, plan_ids: Sequence[int], outcome: str
) -> None:
    """End what is not begun of some plans, with these words."""
    values = {"connection_id": connection_id, "plan_ids": list(plan_ids), "outcome": outcome}
    tx.execute(_SQL["skip_interactions"], values)


def fail_interactions(
    tx: psycopg.Connection[Any], connection_id: int, plan_id: int, outcome: str
) -> None:
    """End what is on its way and not known to be there, with these words."""
    values = {"connection_id": connection_id, "plan_id": plan_id, "outcome": outcome}
    tx.execute(_SQL["fail_interactions"], values)
