"""Read records back from Salesforce where messages do not tell enough to decide."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.clock import now
from bridge.delivery.gather import unread_records
from bridge.delivery.merges import cleared_by_merge
from bridge.delivery.work import WEBHOOK, mark
from bridge.mirror.advance import advance
from bridge.mirror.model import client_paths, needed_paths, row_of
from bridge.mirror.remember import mark_deleted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime

    import psycopg

    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.delivery.work import Origin
    from bridge.mapping.compiled import Mapping
    from bridge.mirror.advance import Moved, Subject
    from bridge.mirror.model import Kind, PractifiRow
    from bridge.salesforce.client import Salesforce

_ORDER: tuple[Kind, ...] = ("account", "list", "membership", "contact")


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads the records of one connection back, as its mapping needs them.

    Attributes:
        asking: Stands around each call; raises where none may be made.
        origin: What has records read; what turns out to be dirty is so by it.
    """

    database: Database
    salesforce: Salesforce
    connection: Connection
    mapping: Mapping
    asking: Callable[[], AbstractContextManager[object]] = nullcontext
    origin: Origin = "webhook"

    def read_unknown(
        self, keys: Collection[str], *, held: Collection[str] = (), lane: int = WEBHOOK
    ) -> bool:
        """Read what is not known about some subjects: one query an object, however many they are.

        Returns whether anything had to be read. Addresses that a record turns out to have or to
        have had become dirty, unless they are among `held`: the caller has leased those and decides
        after this. Any other may have been decided on while this was read. Whatever a read puts in
        doubt becomes dirty, held or not.
        """
        with self.database.transaction() as tx:
            wanted = unread_records(tx, self.connection.id, sorted(keys))
        for kind in _ORDER:
            if wanted.get(kind):
                self.read(kind, wanted[kind], held=held, lane=lane)
        return bool(wanted)

    def read(
        self, kind: Kind, ids: Sequence[str], *, held: Collection[str] = (), lane: int = WEBHOOK
    ) -> None:
        """Read records by id; one that is missing is deleted, or hidden from the bridge's user."""
        with self.database.transaction() as tx:
            read_at = now(tx)
        with self.asking():
            found = self.salesforce.read_back(
                self.mapping.names.object_of(kind), ids, needed_paths(kind, self.mapping)
            )
        rows = [
            row_of(self.connection.id, kind, record, self.mapping, source="read")
            for record in found.values()
        ]
        by_merge = cleared_by_merge(
            self.database, self.salesforce, self.mapping.names.contact, rows
        )
        with self.database.transaction() as tx:
            moved = self.remember(tx, rows, read_at=read_at, by_merge=by_merge)
            for sf_id in sorted(set(ids) - set(found)):
                mark_deleted(tx, self.connection.id, kind, sf_id, None)
            mark(
                tx, self.connection.id, made_dirty(moved, held=held), lane=lane, origin=self.origin
            )

    def remember(
        self,
        tx: psycopg.Connection,
        rows: Sequence[PractifiRow],
        *,
        read_at: datetime,
        by_merge: Collection[str] = (),
    ) -> list[Moved]:
        """Move the mirror forward by records that were read; see `advance`."""
        return advance(
            tx,
            rows,
            client_paths=client_paths(self.mapping),
            names=self.mapping.names.contact,
            own_user_id=self.connection.sf_user_id,
            cause_kind="read",
            causes=[read_at.isoformat(timespec="seconds")] * len(rows),
            read_at=read_at,
            by_merge=by_merge,
        )


def made_dirty(moved: Sequence[Moved], *, held: Collection[str] = ()) -> dict[Subject, bool]:
    """Return what records that were read make dirty -> whether its consent is concerned.

    A record in doubt hides its box, so its subjects go first; and whoever holds one may already
    have read it for the last time.
    """
    dirty: dict[Subject, bool] = {}
    for result in moved:
        is_news = result.address_changed or result.is_consent or result.row.kind == "membership"
        for subject in result.subjects:
            if result.is_in_doubt or (is_news and subject[1] not in held):
                is_first = result.is_consent or (
                    result.is_in_doubt and result.row.kind == "contact"
                )
                dirty[subject] = dirty.get(subject, False) or is_first
    return dirty
