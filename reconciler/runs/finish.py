"""When a plan will be carried out: by its pace so far, no sooner than the budget allows."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.constant_contact.forecast import forecast
from bridge.constant_contact.spending import read_spending

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.runs.context import RunContext

_LOOK_EVERY_S = 5.0


class Finish:
    """Foresees the end of a plan; cheap enough to be asked before every step."""

    def __init__(self, context: RunContext, calls: int) -> None:
        self._context = context
        self._calls = calls
        self._began_s = time.monotonic()
        self._looked_s: float | None = None
        self._at: datetime | None = None

    def at(self, calls_done: int) -> datetime | None:
        """Return when the rest of the calls will have been made (UTC), or None if that is never."""
        moment_s = time.monotonic()
        if self._looked_s is not None and moment_s < self._looked_s + _LOOK_EVERY_S:
            return self._at
        self._looked_s = moment_s
        left = max(0, self._calls - calls_done)
        with self._context.installation.database.transaction() as tx:
            found = read_spending(tx, self._context.connection.name)
        if found:
            spending = found[0]
            by_budget = forecast(
                {self._context.lane: left},
                limits=spending.limits,
                used=spending.used,
                moment=spending.moment,
                begins_at=spending.paused_until,
                price=lambda _, calls: calls,
            ).ends_at
            elapsed_s = moment_s - self._began_s
            self._at = ends_at(spending.moment, elapsed_s, calls_done, left, by_budget)
        return self._at


def ends_at(
    moment: datetime, elapsed_s: float, done: int, left: int, by_budget: datetime | None
) -> datetime | None:
    """Return when what is left ends.

    Args:
        moment: Now (UTC).
        elapsed_s: Seconds since the first call.
        done: Calls since then.
        left: Calls that are left.
        by_budget: When they end at the earliest; None: never under these limits.

    >>> from datetime import UTC, datetime
    >>> noon = datetime(2026, 11, 28, 12, tzinfo=UTC)
    >>> ends_at(noon, 60, 100, 200, noon).time().isoformat()
    '12:02:00'
    """
    if by_budget is None or not done:
        return by_budget
    return max(by_budget, moment + timedelta(seconds=elapsed_s * left / done))
