"""The addresses that are still to be decided on; they outlive a run that fails."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import LiteralString

    import psycopg

    from bridge.db.database import Database

SQL = load_queries("reconciler.candidates")

_KEYS = 5_000


def add_candidates(tx: psycopg.Connection[Any], connection_id: int, keys: Iterable[str]) -> None:
    """Note addresses that have to be decided on."""
    if wanted := sorted(set(keys)):
        values = {"connection_id": connection_id, "keys": wanted}
        tx.execute(SQL["add_candidates"], values)


def add_chosen(
    tx: psycopg.Connection[Any],
    database: Database,
    statement: LiteralString,
    values: Mapping[str, Any],
) -> None:
    """Note the addresses that a statement chooses in `tx`, some at a time, in transactions apart.

    What also writes is read by one process alone.
    """
    with tx.cursor() as cursor:
        chosen = (key for (key,) in cursor.stream(statement, values, size=_KEYS))
        while keys := list(islice(chosen, _KEYS)):
            with database.transaction() as other:
                add_candidates(other, values["connection_id"], keys)


def add_candidates_of(
    tx: psycopg.Connection[Any], connection_id: int, records: Sequence[tuple[str, str]]
) -> None:
    """Note the addresses that records of (kind, id) are about, as the mirror has them now."""
    if records:
        values = {
            "connection_id": connection_id,
            "kinds": [kind for kind, _ in records],
            "ids": [sf_id for _, sf_id in records],
        }
        tx.execute(SQL["add_candidates_of"], values)


def next_candidates(
    tx: psycopg.Connection[Any], connection_id: int, *, turn: int, after: str, count: int
) -> list[str]:
    """Return the next candidates of a turn behind one, in the order of their keys."""
    values = {"connection_id": connection_id, "turn": turn, "after": after, "count": count}
    return [key for (key,) in tx.execute(SQL["next_candidates"], values)]


def count_candidates(tx: psycopg.Connection[Any], connection_id: int) -> int:
    """Return how many addresses have to be decided on."""
    ((count,),) = tx.execute(SQL["count_candidates"], {"connection_id": connection_id}).fetchall()
    return int(count)


def forget_candidates(tx: psycopg.Connection[Any], connection_id: int, keys: Sequence[str]) -> None:
    """Drop addresses that were decided on and for which nothing is left to do."""
    if keys:
        tx.execute(SQL["forget_candidates"], {"connection_id": connection_id, "keys": list(keys)})
