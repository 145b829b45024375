"""What runs have read to the end: kept for the runs that follow, which compare with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import psycopg

    from reconciler.runs.model import Extent
    from reconciler.runs.store import RunLease

SQL = load_queries("reconciler.runs", "reads.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """One source as a run has read it.

    Attributes:
        source: As its checkpoint names it.
        extent: Whether all of it was read, or what changed.
        row_count: Rows that came.
    """

    source: str
    extent: Extent
    row_count: int


def rows_before(
    tx: psycopg.Connection[Any], lease: RunLease, sources: Sequence[str]
) -> dict[str, int]:
    """Return what each source gave when it was last read whole, else what the mirror has of it."""
    parameters = lease.row() | {"sources": list(sources)}
    return dict(tx.execute(SQL["rows_before"], parameters).fetchall())


def accepts_fewer(tx: psycopg.Connection[Any], lease: RunLease) -> bool:
    """Tell whether a person has said that this run may read far less than the one before."""
    row = tx.execute(SQL["accepts_fewer"], lease.row()).fetchone()
    return row is not None and bool(row[0])


def keep_reads(tx: psycopg.Connection[Any], lease: RunLease, reads: Iterable[Read]) -> None:
    """Keep what was read, for the runs that follow."""
    for read in reads:
        tx.execute(
            SQL["keep_read"],
            lease.row()
            | {"source": read.source, "extent": read.extent, "row_count": read.row_count},
        )
