"""Keep the events that were read of one kind of one mailing, each once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

from bridge.db.queries import load_queries
from reconciler.activities.optouts import record_opt_outs
from reconciler.copying import escaped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.constant_contact.reports import TrackingRow
    from bridge.mapping.interaction import EventKind

SQL = load_queries("reconciler.activities", "reading.sql")


class Keeper:
    """Puts events into their table.

    Those that are read for the first time are copied, as if none was known. Where one is, as after
    a process died or where pages repeat a row, they are compared with what is known one by one.
    """

    def __init__(
        self, connection_id: int, mailing_id: UUID, kind: EventKind, *, is_first: bool
    ) -> None:
        """Keep the events of a mailing and kind, that were never read to their end or were."""
        self._at: dict[str, Any] = {
            "connection_id": connection_id,
            "campaign_activity_id": mailing_id,
            "kind": kind,
        }
        # Who opted out is to be recorded, and so it has to be known whose event is new.
        self._may_copy = is_first and kind != "optout"

    def keep(self, tx: psycopg.Connection, rows: Sequence[TrackingRow]) -> int:
        """Keep events and return how many of them were not known."""
        if self._may_copy:
            try:
                with tx.transaction():
                    return self._copy(tx, rows)
            except psycopg.errors.UniqueViolation:
                self._may_copy = False
        return self._compare(tx, rows)

    def held(self, tx: psycopg.Connection) -> int:
        """Return how many events are known."""
        ((held,),) = tx.execute(SQL["held"], self._at).fetchall()
        return int(held)

    def _copy(self, tx: psycopg.Connection, rows: Sequence[TrackingRow]) -> int:
        head = "\t".join(map(str, self._at.values()))
        once = {
            f"{contact_id}\t{occurred_at}\t{escaped(url_id) if url_id else ''}": detail
            for contact_id, occurred_at, _, url_id, detail in rows
        }
        lines = [
            f"{head}\t{key}\t{escaped(json.dumps(detail)) if detail else '{}'}\n"
            for key, detail in once.items()
        ]
        with tx.cursor().copy(SQL["copy_events"]) as copy:
            copy.write("".join(lines))
        return len(lines)

    def _compare(self, tx: psycopg.Connection, rows: Sequence[TrackingRow]) -> int:
        values = self._at | {
            "contact_ids": [row.contact_id for row in rows],
            "occurred_at": [row.occurred_at for row in rows],
            "url_ids": [row.url_id for row in rows],
            "details": [json.dumps(dict(row.detail)) for row in rows],
        }
        ((new, contact_ids, times),) = tx.execute(SQL["keep_events"], values).fetchall()
        if contact_ids:
            opted_out = set(zip(map(str, contact_ids), times, strict=True))
            addresses = {
                (UUID(row.contact_id), row.occurred_at): row.email_address
                for row in rows
                if (row.contact_id, row.occurred_at) in opted_out
            }
            mailing_id = self._at["campaign_activity_id"]
            record_opt_outs(tx, self._at["connection_id"], mailing_id, addresses)
        return int(new)
