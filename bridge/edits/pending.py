"""Mapping files that came by themselves, as by git, and wait for somebody's word."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from psycopg.rows import class_row, tuple_row
from psycopg.types.json import Jsonb

from bridge.db.queries import load_queries
from bridge.edits.foresee import foresee
from bridge.edits.put_to_work import AtWork, put_to_work, too_much
from bridge.mapping.compiled import digest_of
from bridge.mapping.versions import activate, version_in_force
from bridge.policies.store import policies_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg

    from bridge.connections.model import Connection
    from bridge.mapping.versions import AppliesTo

log = logging.getLogger(__name__)

_QUERIES = load_queries("bridge.mapping")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    """Files that wait.

    Attributes:
        reason: What they would do that they may not unasked, in words.
        loosens: What of consent they may loosen: only an approver puts that to work.
        version_id: The version that was in force when that was found.
    """

    digest: str
    files: Mapping[str, str]
    arrived_at: datetime
    arrived_by: str
    reason: str
    loosens: Sequence[str]
    version_id: int


def arrive(
    tx: psycopg.Connection[Any], connection: Connection, files: Mapping[str, str], *, by: str
) -> AtWork | None:
    """Put files to work that nobody has looked at here, or let them wait for a person's word.

    Args:
        tx: A transaction.
        connection: Whose mapping they are; one is in force.
        files: Name -> text.
        by: By whom they came.

    Returns:
        How they came into force; None: they wait, or somebody has turned them down before.

    Raises:
        MappingError: If the files have faults; the version in force stays.
    """
    digest, in_force = digest_of(files), version_in_force(tx, connection.id)
    if _digest_of(tx, connection.id) == digest:
        version_id = activate(tx, connection.id, files, by=by, applies_to="new")
        return AtWork(version_id=version_id, is_news=False, applies_to="all")
    foreseen = foresee(tx, connection, files)
    reason = too_much(foreseen, policies_of(tx, connection.id))
    if not reason or in_force is None:
        return put_to_work(tx, connection, files, by=by, origin="files", foreseen=foreseen)
    values = {
        "connection_id": connection.id,
        "digest": digest,
        "files": Jsonb(dict(files)),
        "by": by,
        "reason": reason,
        "loosens": list(foreseen.loosens),
        "version_id": in_force,
    }
    tx.execute(_QUERIES["keep_pending"], values)
    extra = {"connection": connection.id, "version": in_force}
    log.warning("mapping_waits_for_approval", extra=extra)
    return None


def pending_of(tx: psycopg.Connection[Any], connection_id: int) -> Pending | None:
    """Return the files of a connection that wait for a word."""
    with tx.cursor(row_factory=class_row(Pending)) as cursor:
        values = {"connection_id": connection_id}
        return cursor.execute(_QUERIES["pending"], values).fetchone()


def approve(
    tx: psycopg.Connection[Any],
    connection: Connection,
    waiting: Pending,
    *,
    by: str,
    asked_in: Literal["console", "cli"],
    applies_to: AppliesTo,
) -> AtWork:
    """Put files to work that have waited.

    Raises:
        MappingError: If they have faults by now; the version in force stays.
    """
    return put_to_work(
        tx,
        connection,
        waiting.files,
        by=by,
        origin="files",
        asked_in=asked_in,
        applies_to=applies_to,
    )


def reject(tx: psycopg.Connection[Any], connection_id: int, *, by: str) -> bool:
    """Turn files down that wait; the same text is not asked about again. Return whether any did."""
    values = {"connection_id": connection_id, "by": by}
    return tx.execute(_QUERIES["reject_pending"], values).fetchone() is not None


def _digest_of(tx: psycopg.Connection[Any], connection_id: int) -> str | None:
    """Return the digest of the version in force."""
    with tx.cursor(row_factory=tuple_row) as cursor:
        values = {"connection_id": connection_id}
        row = cursor.execute(_QUERIES["active_digest"], values).fetchone()
    return None if row is None else str(row[1])
