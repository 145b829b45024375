"""What runs have read to the end: those that follow compare with it, and go on from there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from bridge.clock import now
from bridge.db.queries import load_queries
from reconciler.runs.extent import History

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from bridge.runs.model import Extent
    from reconciler.runs.store import RunLease

SQL = load_queries("reconciler.runs", "reads.sql")

OVERLAP = timedelta(minutes=10)
"""What a transaction may take there: its records show late, with the stamp of an earlier moment."""

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


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


def seen_up_to(begun_at: datetime, moment: datetime, answered_at: datetime | None) -> datetime:
    """Return up to when a read has seen every change, by the other side's clock (UTC). Pure.

    Args:
        begun_at: When reading began, or before, by our clock.
        moment: When the last answer came, by our clock.
        answered_at: When that was by the other side's; None where it does not say.

    >>> noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    >>> later = noon + timedelta(minutes=30)
    >>> seen_up_to(noon, later, later - timedelta(minutes=2)).time().isoformat()
    '11:48:00'
    >>> seen_up_to(noon, later, later + timedelta(minutes=2)).time().isoformat()
    '11:50:00'
    """
    is_behind_by = moment - answered_at if answered_at is not None else timedelta()
    return begun_at - max(timedelta(), is_behind_by) - OVERLAP


def keep_read(
    tx: psycopg.Connection[Any],
    lease: RunLease,
    read: Read,
    *,
    answered_at: datetime | None,
    mapping_version_id: int,
) -> None:
    """Keep that a source was read to its end, in the transaction that stages its last page.

    Args:
        tx: That transaction.
        lease: The run.
        read: What was read.
        answered_at: When the other side answered last, by its own clock (UTC), if it says so.
        mapping_version_id: The mapping that said what to read.
    """
    values = {
        "source": read.source,
        "extent": read.extent,
        "row_count": read.row_count,
        "known_up_to": seen_up_to(lease.run.started_at, now(tx), answered_at),
        "mapping_version_id": mapping_version_id,
    }
    tx.execute(SQL["keep_read"], lease.row() | values)


def reads_of(tx: psycopg.Connection[Any], lease: RunLease) -> list[Read]:
    """Return what a run has read to the end, by whichever process."""
    with tx.cursor(row_factory=class_row(Read)) as cursor:
        return cursor.execute(SQL["reads_of_run"], lease.row()).fetchall()


def believe_reads(tx: psycopg.Connection[Any], lease: RunLease) -> None:
    """Let the runs that follow compare with what this one has read."""
    tx.execute(SQL["believe_reads"], lease.row())


def plan_reads(tx: psycopg.Connection[Any], lease: RunLease) -> None:
    """Let the next run begin where this one has read to, in the transaction that stores its plan.

    Only for a plan that is to be carried out: what another one shows must be found again.
    """
    tx.execute(SQL["plan_reads"], lease.row())


def known_up_to(tx: psycopg.Connection[Any], lease: RunLease, source: str) -> datetime:
    """Return up to when every change of a source was planned, by the other side's clock (UTC)."""
    row = tx.execute(SQL["known_up_to"], lease.row() | {"source": source}).fetchone()
    return _BEGINNING if row is None or row[0] is None else row[0]


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


def read_history(tx: psycopg.Connection[Any], lease: RunLease) -> History:
    """Return what is known of the runs of the job before this one."""
    parameters = lease.row() | {"job": lease.run.job}
    with tx.cursor(row_factory=class_row(History)) as cursor:
        return cursor.execute(SQL["history"], parameters).fetchone() or History()
