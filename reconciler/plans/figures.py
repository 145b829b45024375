"""Count what is there before a plan is carried out, as the mirror knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries
from reconciler.plans.effects import Figures

if TYPE_CHECKING:
    import psycopg

    from reconciler.runs.model import Job

_SQL = load_queries("reconciler.plans", "figures.sql")


def read_figures(tx: psycopg.Connection[Any], connection_id: int, job: Job) -> Figures:
    """Return how many there are of what the plans of a job change."""
    values = {"connection_id": connection_id}
    if job == "activities":
        ((interactions,),) = tx.execute(_SQL["interactions"], values).fetchall()
        return Figures(interactions=interactions)
    lists = tx.execute(_SQL["lists"], values).fetchall()
    names = dict(lists)
    if job == "lists":
        return Figures(names=names)
    members = dict(tx.execute(_SQL["members"], values).fetchall())
    ((contacts, unsubscribed),) = tx.execute(_SQL["people"], values).fetchall()
    return Figures(names=names, members=members, contacts=contacts, unsubscribed=unsubscribed)
