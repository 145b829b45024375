"""The nightly looks as they are kept: claimed by one process, compared with the one before."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.types.json import Jsonb

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    import psycopg

    from bridge.doctor.changes import Change
    from bridge.doctor.findings import Finding
    from bridge.doctor.shape import Shape

_SQL = load_queries("bridge.doctor", "looks.sql")


class Kept(NamedTuple):
    """A look that is kept, and when it was taken (UTC)."""

    taken_at: datetime
    shape: Shape


def last_kept(tx: psycopg.Connection[Any], connection_id: int) -> Kept | None:
    """Return the last look at which both sides were seen."""
    row = tx.execute(_SQL["last_shape"], {"connection_id": connection_id}).fetchone()
    return None if row is None else Kept(*row)


def last_due_at(tx: psycopg.Connection[Any], connection_id: int) -> datetime | None:
    """Return for which time the last look was due that has been taken (UTC)."""
    row = tx.execute(_SQL["last_taken"], {"connection_id": connection_id}).fetchone()
    found: datetime | None = None if row is None else row[0]
    return found


def claim(tx: psycopg.Connection[Any], connection_id: int, due_at: datetime) -> bool:
    """Take a look upon oneself; one that somebody began and did not end is free after a while."""
    values = {"connection_id": connection_id, "due_at": due_at}
    return tx.execute(_SQL["claim_look"], values).fetchone() is not None


def keep(
    tx: psycopg.Connection[Any],
    connection_id: int,
    due_at: datetime,
    *,
    findings: Iterable[Finding],
    shape: Shape | None,
    changed: Iterable[Change],
) -> None:
    """Keep what was found."""
    values = {"connection_id": connection_id, "due_at": due_at}
    tx.execute(
        _SQL["keep_look"],
        values
        | {
            "findings": Jsonb([asdict(one) for one in findings]),
            "shape": None if shape is None else Jsonb(shape),
            "changes": Jsonb([asdict(one) for one in changed]),
        },
    )
