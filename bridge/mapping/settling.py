"""Whether a run has brought everybody up to the mapping in force: till then a plan may wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import tuple_row

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    import psycopg

_QUERIES = load_queries("bridge.mapping")


def unsettled(tx: psycopg.Connection[Any], connection_id: int) -> int | None:
    """Return the version in force where no plan by it was carried out, or approved, yet."""
    with tx.cursor(row_factory=tuple_row) as cursor:
        values = {"connection_id": connection_id}
        row = cursor.execute(_QUERIES["unsettled"], values).fetchone()
    return None if row is None else int(row[0])


def settle(tx: psycopg.Connection[Any], connection_id: int, version_id: int) -> None:
    """Note that a plan by a version is carried out: what is left of it waits no more."""
    tx.execute(_QUERIES["settle"], {"connection_id": connection_id, "version_id": version_id})


def settle_by_plan(tx: psycopg.Connection[Any], connection_id: int, plan_id: int) -> None:
    """Note the same of the version that a plan was made by."""
    with tx.cursor(row_factory=tuple_row) as cursor:
        values = {"connection_id": connection_id, "plan_id": plan_id}
        row = cursor.execute(_QUERIES["version_of_plan"], values).fetchone()
    if row is not None:
        settle(tx, connection_id, int(row[0]))
