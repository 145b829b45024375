"""Ask how the activities of a round stand: one call for a hundred, however many there are."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from bridge.constant_contact.activities import get_activity, newest_activities
from bridge.delivery.bulk.choose import ACTIVITIES_A_PAGE
from bridge.delivery.bulk.store import SQL, renew_round
from bridge.errors import NotFoundRemotely

if TYPE_CHECKING:
    from bridge.constant_contact.activities import Activity
    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.delivery.bulk.model import Round

log = logging.getLogger(__name__)

_WAITS_S = (2.0, 12.0, 30.0, 60.0)


def next_poll_s(polls: int) -> float:
    """Return the seconds until the next poll: soon at first, then each minute.

    Args:
        polls: Polls that were made already.

    >>> [next_poll_s(polls) for polls in (0, 1, 2, 50)]
    [2.0, 12.0, 30.0, 60.0]
    """
    return _WAITS_S[min(polls, len(_WAITS_S) - 1)]


@dataclass(frozen=True, kw_only=True)
class Poller:
    """Asks about the activities of one connection, for one thread."""

    database: Database
    there: ConstantContact

    def poll(self, now: Round) -> int:
        """Keep what became of the posted activities and return how many are still under way.

        Raises:
            RemoteError: If Constant Contact does not answer.
            NoSlotNow, QuotaSpent: If the budget has no call.
            LeaseLost: If somebody else has the round.
        """
        with self.database.transaction() as tx:
            rows = tx.execute(SQL["posted_activities"], {"connection_id": now.connection_id})
            waiting = {activity_id: row_id for row_id, activity_id in rows}
        if not waiting:
            return 0
        left = dict(waiting)
        for number, activity in enumerate(newest_activities(self.there), start=1):
            row_id = left.pop(activity.activity_id, None)
            if row_id is not None and activity.has_ended:
                self._end(now, row_id, activity)
                del waiting[activity.activity_id]
            if not left or number == ACTIVITIES_A_PAGE:
                break  # what is not among the newest is asked for by itself
        for activity_id, row_id in left.items():
            try:
                activity = get_activity(self.there, activity_id)
            except NotFoundRemotely:
                self._end(now, row_id, None)
                del waiting[activity_id]
                continue
            if activity.has_ended:
                self._end(now, row_id, activity)
                del waiting[activity_id]
        return len(waiting)

    def _end(self, now: Round, row_id: int, activity: Activity | None) -> None:
        """Keep how an activity ended; its members are read back before anything is said of them."""
        is_complete = activity is not None and activity.is_complete
        status = (
            {"state": "not found"}
            if activity is None
            else {
                "state": activity.state,
                "counters": dict(activity.counters or {}),
                "errors": list(activity.errors),
                "started_at": activity.started_at and activity.started_at.isoformat(),
                "completed_at": activity.completed_at and activity.completed_at.isoformat(),
            }
        )
        with self.database.transaction() as tx:
            tx.execute(
                SQL["ended"],
                {
                    "connection_id": now.connection_id,
                    "id": row_id,
                    "state": "completed" if is_complete else "failed",
                    "status": Jsonb(status),
                    "nothing_sent": False,
                },
            )
            renew_round(tx, now)
        log.info(
            "bulk_ended",
            extra={
                "connection": now.connection_id,
                "activity": row_id,
                "state": status["state"],
                "errors": len(activity.errors) if activity is not None else 0,
            },
        )
