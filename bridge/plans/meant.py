"""What of a plan is meant, told by the database: a plan of a million steps is never held here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import psycopg

    from bridge.plans.choose import Choice
    from bridge.plans.model import PlanRecord

_SQL = load_queries("bridge.plans", "meant.sql")


def count_meant(tx: psycopg.Connection[Any], plan: PlanRecord, choice: Choice) -> Mapping[str, int]:
    """Return how many steps of a plan are meant and not done yet, by what they are to people."""
    return dict(tx.execute(_SQL["count_meant"], _values(plan, choice)).fetchall())


def leave_out_others(
    tx: psycopg.Connection[Any], plan: PlanRecord, choice: Choice, outcome: str
) -> None:
    """Skip the steps of subjects that are not meant, with these words."""
    tx.execute(_SQL["leave_out"], _values(plan, choice) | {"outcome": outcome})


def _values(plan: PlanRecord, choice: Choice) -> dict[str, Any]:
    """Return a choice as the statements take it: what says nothing is NULL."""
    return {
        "connection_id": plan.connection_id,
        "plan_id": plan.id,
        "contacts": _said(choice.contacts),
        "lists": _said(choice.lists),
        "signs": _said(choice.signs),
        "states": _said(choice.states),
        "numbers": _said(choice.numbers),
        "without_removals": choice.without_removals,
    }


def _said(values: Collection[object]) -> list[object] | None:
    return list(values) or None
