"""What is known of backups, and of restores whose consequences nobody has looked at yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from bridge.backups.manifest import RESTORE
from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    import psycopg

SQL = load_queries("bridge.backups")


@dataclass(frozen=True, kw_only=True, slots=True)
class Backup:
    """A backup that was made and found whole.

    Attributes:
        taken_at: The moment whose state it holds (UTC).
        took_s: How long it took to make, in seconds.
        path: Where it was written to; it may have been moved since.
        digest: SHA-256 of the dump in it.
        age_s: How long ago it was taken, in seconds.
    """

    taken_at: datetime
    took_s: float
    path: str
    bytes: int
    digest: str
    schema_version: int
    with_keys: bool
    made_by: str
    age_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """A connection that stands still since a restore.

    Attributes:
        run_id: The newest run since that has compared all its contacts and changed nothing.
    """

    connection_id: int
    connection: str
    restored_at: datetime
    run_id: int | None


def newest_backup(tx: psycopg.Connection[Any]) -> Backup | None:
    """Return the backup of the latest state, or None where none is known."""
    with tx.cursor(row_factory=class_row(Backup)) as cursor:
        return cursor.execute(SQL["newest_backup"]).fetchone()


def restored(tx: psycopg.Connection[Any], connection_ids: Collection[int]) -> list[Restored]:
    """Return those of some connections that stand still since a restore."""
    values = {"by": RESTORE, "connection_ids": list(connection_ids)}
    with tx.cursor(row_factory=class_row(Restored)) as cursor:
        return cursor.execute(SQL["restored"], values).fetchall()
