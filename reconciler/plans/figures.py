"""Count what is there before a plan is carried out, as the mirror knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries
from reconciler.plans.effects import Effects, Figures

if TYPE_CHECKING:
    import psycopg

_SQL = load_queries("reconciler.plans", "figures.sql")

_OF_PEOPLE = frozenset(
    {"create_contact", "revive_contact", "delete_contact", "unsubscribe", "resubscribe"}
)


def read_figures(
    tx: psycopg.Connection[Any],
    connection_id: int,
    effects: Effects | None = None,
    *,
    counts_people: bool = False,
) -> Figures:
    """Return the names of all lists there, and how many there are of what steps change.

    What those do not change is not counted, unless people are asked for: an account has millions of
    memberships.
    """
    values = {"connection_id": connection_id}
    effects = effects or Effects()
    names = dict(tx.execute(_SQL["lists"], values).fetchall())
    members: dict[str, int] = {}
    contacts = unsubscribed = interactions = memberships = 0
    if touched := {*effects.added, *effects.removed}:
        rows = tx.execute(_SQL["members"], values | {"list_ids": sorted(touched)})
        members = dict(rows.fetchall())
    if effects.deleted:
        rows = tx.execute(_SQL["members_there"], values | {"list_ids": sorted(effects.deleted)})
        members.update(rows.fetchall())
    if counts_people or effects.kinds.keys() & _OF_PEOPLE:
        ((contacts, unsubscribed),) = tx.execute(_SQL["people"], values).fetchall()
    if "create_interaction" in effects.kinds:
        ((interactions,),) = tx.execute(_SQL["interactions"], values).fetchall()
    if "adopt_membership" in effects.kinds:
        ((memberships,),) = tx.execute(_SQL["memberships"], values).fetchall()
    return Figures(
        names=names,
        members=members,
        contacts=contacts,
        unsubscribed=unsubscribed,
        interactions=interactions,
        memberships=memberships,
    )
