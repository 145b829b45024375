"""Send what was filled: each activity is noted before its call, so that none is sent blindly twice.

A call whose answer was lost leaves its activity prepared and sent: whoever goes on looks for it
among the account's newest activities, and only where nothing there can be it, is it lost and its
subjects decided again. Nothing is cut there: what was placed is within the vendor's limits.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from bridge.constant_contact.activities import (
    add_to_lists,
    import_contacts,
    newest_activities,
    remove_from_lists,
)
from bridge.delivery.bulk.batches import FEWEST_ROWS
from bridge.delivery.bulk.store import SQL, renew_round
from bridge.errors import BridgeError, RecordRefused, RemoteError, Terminal, Throttled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bridge.constant_contact.activities import Activity
    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.delivery.bulk.model import ActivityKind, Round

log = logging.getLogger(__name__)

_CLOCKS_AGREE_WITHIN = timedelta(minutes=2)
_POSTS: dict[ActivityKind, Callable[[ConstantContact, Sequence[Any], Sequence[str]], Activity]] = {
    "import": import_contacts,
    "add_to_lists": add_to_lists,
    "remove_from_lists": remove_from_lists,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Prepared:
    id: int
    plan_id: int
    kind: ActivityKind
    list_ids: tuple[str, ...]
    rows: int
    sent_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Poster:
    """Sends the filled activities of one connection, for one thread."""

    database: Database
    there: ConstantContact

    def post_next(self, now: Round, since: str) -> bool:
        """Send the next activity; False where none is left.

        Args:
            now: The round.
            since: When the last look began (ISO 8601): whoever changed there since is withdrawn.

        Raises:
            Throttled, QuotaSpent, NoSlotNow: If nothing may be sent now; it waits as it is.
            RemoteError: If the answer was lost, or the account refuses the connection.
            LeaseLost: If somebody else has the round.
        """
        prepared = self._next(now)
        if prepared is None:
            return False
        if prepared.sent_at is not None:
            self._find(now, prepared, prepared.sent_at)
            return True
        rows = self._send_steps(now, prepared, since)
        if not rows:
            return True
        try:
            activity = _POSTS[prepared.kind](self.there, rows, prepared.list_ids)
        except RecordRefused as refused:
            self._end(now, prepared, "failed", {"refused": str(refused)})
            return True
        except RemoteError as error:
            if isinstance(error, Throttled | Terminal):
                self._unsend(now, prepared)
            raise
        except BridgeError:  # no slot: the call was not made
            self._unsend(now, prepared)
            raise
        self._posted(now, prepared, activity)
        return True

    def _next(self, now: Round) -> _Prepared | None:
        with self.database.transaction() as tx:
            row = tx.execute(
                SQL["open_activities"], {"connection_id": now.connection_id}
            ).fetchone()
        if row is None:
            return None
        row_id, plan_id, kind, lists, rows, _, sent_at = row
        return _Prepared(
            id=row_id,
            plan_id=plan_id,
            kind=kind,
            list_ids=tuple(lists),
            rows=rows,
            sent_at=sent_at,
        )

    def _send_steps(self, now: Round, prepared: _Prepared, since: str) -> list[Any]:
        """Note that an activity is on its way and return its rows; none where it is not sent."""
        values = {"connection_id": now.connection_id, "id": prepared.id}
        with self.database.transaction() as tx:
            tx.execute(SQL["withdraw"], values | {"since": since})
            rows = [row for (row,) in tx.execute(SQL["send_steps"], values)]
            if len(rows) < FEWEST_ROWS:
                tx.execute(SQL["unsend_steps"], values)
                tx.execute(SQL["dissolve"], values)
                status = Jsonb({"too_few": len(rows)})
                ended = {"state": "failed", "status": status, "nothing_sent": True}
                tx.execute(SQL["ended"], values | ended)
                tx.execute(SQL["end_plan"], values | {"plan_id": prepared.plan_id})
                rows = []
            else:
                tx.execute(SQL["send_activity"], values | {"rows": len(rows)})
            renew_round(tx, now)
        return rows

    def _find(self, now: Round, prepared: _Prepared, sent_at: datetime) -> None:
        """Look for an activity whose answer was lost: by its time and by the number of its rows."""
        fitting = []
        for activity in newest_activities(self.there):
            if activity.created_at is not None:
                if activity.created_at < sent_at - _CLOCKS_AGREE_WITHIN:
                    break
                if activity.rows in {None, 0, prepared.rows}:
                    fitting.append(activity)
        values = {
            "connection_id": now.connection_id,
            "ids": [activity.activity_id for activity in fitting],
        }
        with self.database.transaction() as tx:
            known = {one for (one,) in tx.execute(SQL["known_activities"], values)}
        found = next((one for one in fitting if one.activity_id not in known), None)
        log.warning(
            "bulk_answer_lost",
            extra={"connection": now.connection_id, "activity": prepared.id, "found": bool(found)},
        )
        if found is None:
            self._end(now, prepared, "lost", {"lost": "no activity there can be this one"})
        else:
            self._posted(now, prepared, found)

    def _posted(self, now: Round, prepared: _Prepared, activity: Activity) -> None:
        values = {
            "connection_id": now.connection_id,
            "id": prepared.id,
            "activity_id": activity.activity_id,
        }
        with self.database.transaction() as tx:
            tx.execute(SQL["posted"], values)
            renew_round(tx, now)
        log.info(
            "bulk_posted",
            extra={
                "connection": now.connection_id,
                "kind": prepared.kind,
                "activity": activity.activity_id,
                "rows": activity.rows,
            },
        )

    def _unsend(self, now: Round, prepared: _Prepared) -> None:
        values = {"connection_id": now.connection_id, "id": prepared.id}
        with self.database.transaction() as tx:
            tx.execute(SQL["unsend_steps"], values)
            tx.execute(SQL["unsend_activity"], values)

    def _end(self, now: Round, prepared: _Prepared, state: str, status: dict[str, str]) -> None:
        values = {"connection_id": now.connection_id, "id": prepared.id, "state": state}
        with self.database.transaction() as tx:
            tx.execute(SQL["ended"], values | {"status": Jsonb(status), "nothing_sent": False})
            renew_round(tx, now)
