"""A clock that is set back: nobody waits until it is again as late as it was.

Leases, the pace of calls, what is due and when to probe are times of the database's clock. Set back
by an hour, it would leave every lease of a dead worker, and every call, an opt-out's too, to be
waited for that long. So whatever has still to come is brought nearer by as much. A lease that ends
too early does no harm: each write checks it.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.clock import now
from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.db.database import Database

log = logging.getLogger(__name__)

_SQL = load_queries("reconciler", "set_back.sql")
_NOTICED = timedelta(seconds=1)
"""Corrections below this are left: everything waits in longer steps."""


class ClockWatch:
    """Compares the database's clock with the time that has passed since it last looked."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: tuple[datetime, float] | None = None

    def look(self) -> None:
        """Follow a clock that was set back since the last look; a jump ahead needs nothing.

        Raises:
            psycopg.Error: If that failed; the next look does it.
        """
        asked_s = time.monotonic()  # a delay from here on makes a jump look smaller, never larger
        with self._database.transaction() as tx:
            at = now(tx)
            if self._seen is not None:
                seen_at, seen_s = self._seen
                by = seen_at + timedelta(seconds=asked_s - seen_s) - at
                if by > _NOTICED:
                    tx.execute(_SQL["follow_clock_back"], {"by": by})
                    log.warning("clock_set_back", extra={"by_s": by.total_seconds()})
        self._seen = at, time.monotonic()
