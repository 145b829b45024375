"""Let go what has been kept long enough: some at a time, each batch in a transaction of its own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bridge.retention.kept import KEPT

if TYPE_CHECKING:
    from bridge.db.database import Database

_ROWS = 1_000


def let_go(database: Database, *, until: float) -> bool:
    """Delete what is older than it is kept; any number of processes may do this at once.

    Args:
        database: The installation's database.
        until: When to stop, in `time.monotonic()` seconds.

    Returns:
        Whether something may be left to do.
    """
    for kept in KEPT:
        if kept.statement is None:
            continue
        values = {"after_s": kept.after.total_seconds(), "count": _ROWS}
        deleted = 1
        while deleted:
            if time.monotonic() >= until:
                return True
            with database.transaction() as tx:
                deleted = tx.execute(kept.statement, values).rowcount
    return False
