"""How old the last backup is, where backups are noted in the database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries
from bridge.doctor.findings import fault

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

    from bridge.doctor.findings import Outcome

_SQL = load_queries("bridge.doctor")
# Not among the named statements: those are prepared against a schema that has every table.
_LAST = "SELECT max(taken_at) FROM backup"

OLD_AFTER = timedelta(days=2)
"""One night may be missed."""


def last_backup_at(tx: psycopg.Connection[Any]) -> datetime | None:
    """Return when the last backup was taken (UTC); None where none is known."""
    ((has_backups,),) = tx.execute(_SQL["has_backups"]).fetchall()
    if not has_backups:
        return None
    ((taken_at,),) = tx.execute(_LAST).fetchall()
    at: datetime | None = taken_at
    return at


def judge_backup(taken_at: datetime | None, at: datetime) -> Outcome:
    """Say whether the last backup is a recent one."""
    if taken_at is None:
        return fault("backup_none", "no backup is known")
    says = f"the last one is of {taken_at:%Y-%m-%d %H:%M} UTC"
    return fault("backup_old", says) if at - taken_at > OLD_AFTER else says
