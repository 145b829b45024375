"""Keep up what a person has to settle: what a run has found is open, what it has not is settled.

These look at everybody, so only a run that has read everybody asks.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridge.db.queries import load_queries
from bridge.policies.store import policies_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import psycopg

    from bridge.mapping.names import Names

Kind: TypeAlias = Literal["shared_address", "list_name", "duplicate", "other_account"]
Candidates: TypeAlias = "Sequence[Mapping[str, str]]"

SQL = load_queries("bridge.unresolved")


def keep_people(tx: psycopg.Connection[Any], connection_id: int, names: Names) -> None:
    """Keep up what is unresolved of people and addresses, from the mirror of both sides.

    Args:
        tx: A transaction after the snapshots of both sides were merged.
        connection_id: Whose they are.
        names: Salesforce's names of their fields.
    """
    values = {"connection_id": connection_id}
    tx.execute(SQL["drop_choices"], values)
    owner = policies_of(tx, connection_id).owner
    primary_member = names.contact.primary_member
    shared: Iterable[tuple[str, Candidates]] = ()
    if owner == "ask" or (owner == "primary_member" and primary_member is not None):
        rule = {"asks": owner == "ask", "primary_member": primary_member}
        shared = tx.execute(SQL["shared_addresses"], values | rule).fetchall()
    keep_found(tx, connection_id, "shared_address", shared)
    duplicates: dict[str, list[Mapping[str, str]]] = {}
    for key, candidates in tx.execute(SQL["duplicates"], values):
        duplicates.setdefault(key, []).extend(candidates)
    keep_found(tx, connection_id, "duplicate", duplicates.items())
    others: Iterable[tuple[str, Candidates]] = ()
    if names.contact.cc_id is not None:
        cc_id = {"cc_id": names.contact.cc_id}
        others = tx.execute(SQL["of_another_account"], values | cc_id).fetchall()
    keep_found(tx, connection_id, "other_account", others)


def keep_found(
    tx: psycopg.Connection[Any],
    connection_id: int,
    kind: Kind,
    found: Iterable[tuple[str, Candidates]],
) -> None:
    """Keep what was found of one kind: (what it is about, the records that are meant)."""
    rows = [{"key": key, "candidates": list(candidates)} for key, candidates in found]
    values = {"connection_id": connection_id, "kind": kind, "found": json.dumps(rows)}
    tx.execute(SQL["keep_found"], values)
