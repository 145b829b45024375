"""How far each source of a run was read: a run that goes on need not read a page twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.rows import class_row

from reconciler.runs.model import Checkpoint
from reconciler.runs.store import SQL

if TYPE_CHECKING:
    from typing import LiteralString

    import psycopg

    from reconciler.runs.store import RunLease


class _Staging(NamedTuple):
    counted: LiteralString
    empty: LiteralString


_STAGING = {
    "practifi": _Staging(SQL["staged_practifi_count"], SQL["unstage_practifi"]),
    "cc": _Staging(SQL["staged_cc_count"], SQL["unstage_cc"]),
}


def read_checkpoint(tx: psycopg.Connection[Any], lease: RunLease, source: str) -> Checkpoint:
    """Return how far a source was read.

    A source that stages rows is named `practifi:KIND` or `cc:KIND` after what it alone stages.
    PostgreSQL empties unlogged tables after a crash: where the staged rows are not those that the
    checkpoint counted, what is left of them goes, and the source begins anew. Ask once a source,
    before its first page: the rows are counted each time.
    """
    parameters = lease.row() | {"source": source}
    with tx.cursor(row_factory=class_row(Checkpoint)) as cursor:
        found = cursor.execute(SQL["find_checkpoint"], parameters).fetchone()
    side, _, kind = source.partition(":")
    staging = _STAGING.get(side)
    if staging is None:
        return found or Checkpoint()
    parameters["kind"] = kind
    row = tx.execute(staging.counted, parameters).fetchone()
    assert row is not None  # noqa: S101 -- a count has its one row
    if found is not None and row[0] == found.row_count:
        return found
    tx.execute(staging.empty, parameters)
    tx.execute(SQL["forget_checkpoint"], parameters)
    return Checkpoint()


def restart(tx: psycopg.Connection[Any], lease: RunLease, source: str) -> int:
    """Empty what a source has staged, begin it anew, and return how often that was done."""
    side, _, kind = source.partition(":")
    tx.execute(_STAGING[side].empty, lease.row() | {"kind": kind})
    row = tx.execute(SQL["restart_checkpoint"], lease.row() | {"source": source}).fetchone()
    assert row is not None  # noqa: S101 -- a page of it was kept, or there were no cursor to end
    return int(row[0])


def write_checkpoint(
    tx: psycopg.Connection[Any], lease: RunLease, source: str, checkpoint: Checkpoint
) -> None:
    """Keep how far a source was read, in the transaction that stages the page."""
    tx.execute(
        SQL["save_checkpoint"],
        lease.row()
        | {
            "source": source,
            "cursor": checkpoint.cursor,
            "row_count": checkpoint.row_count,
            "complete": checkpoint.complete,
        },
    )
