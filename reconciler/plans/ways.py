"""Which way back a plan goes, where it goes one: it takes a plan back, or restores a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.kept.restoring import Restores
from reconciler.plans.undoing import undos_of

if TYPE_CHECKING:
    import psycopg

    from reconciler.plans.back import Ways
    from reconciler.runs.model import PlanHead


def ways_of(tx: psycopg.Connection[Any], connection_id: int, plan: PlanHead) -> Ways | None:
    """Return the ways back of a plan; None where it is a plan like any other."""
    if plan.undoes is not None:
        return undos_of(tx, connection_id, plan.undoes)
    if plan.restores_at is not None:
        return Restores(connection_id=connection_id, plan_id=plan.id, taken_at=plan.restores_at)
    return None
