"""How old the last backup is, where backups are noted in the database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bridge.backups.store import newest_backup
from bridge.doctor.findings import fault

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

    from bridge.doctor.findings import Outcome

OLD_AFTER = timedelta(days=2)
"""One night may be missed."""


def last_backup_at(tx: psycopg.Connection[Any]) -> datetime | None:
    """Return when the last backup was taken (UTC); None where none is known."""
    newest = newest_backup(tx)
    return None if newest is None else newest.taken_at


def judge_backup(taken_at: datetime | None, at: datetime) -> Outcome:
    """Say whether the last backup is a recent one."""
    if taken_at is None:
        return fault("backup_none", "no backup is known")
    says = f"the last one is of {taken_at:%Y-%m-%d %H:%M} UTC"
    return fault("backup_old", says) if at - taken_at > OLD_AFTER else says
