"""The versions by which records go that were not saved since newer ones came into force."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from psycopg.rows import tuple_row

from bridge.db.queries import load_queries
from bridge.errors import MappingError

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from bridge.mapping.model import Mapping
    from bridge.mapping.vintages import Older

_QUERIES = load_queries("bridge.mapping")


def older_versions(
    tx: psycopg.Connection[Any], connection_id: int, mapping_of: Callable[[int], Mapping | None]
) -> list[Older]:
    """Return them, the oldest first.

    Args:
        tx: A transaction.
        connection_id: Whose they are.
        mapping_of: Gives the compiled mapping of a version.

    Raises:
        MappingError: If one of them cannot be compiled any more.
    """
    with tx.cursor(row_factory=tuple_row) as cursor:
        values = {"connection_id": connection_id}
        rows = cursor.execute(_QUERIES["vintages"], values).fetchall()
    older: list[Older] = []
    for (version_id, _), (_, until) in pairwise(rows):
        try:
            mapping = mapping_of(version_id)
        except MappingError as error:
            whose = f"version {version_id}, which contacts go by that were not saved since"
            raise MappingError([f"{whose}: {fault}" for fault in error.faults]) from error
        if mapping is not None:
            older.append((until, version_id, mapping))
    return older
