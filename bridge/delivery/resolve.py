"""Find the address behind a record whose message did not tell it: a contact or a membership."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import dict_row

from bridge.delivery.leases import finish, renew
from bridge.delivery.model import Status
from bridge.delivery.outcome import set_statuses
from bridge.delivery.status import NO_ADDRESS, NOT_SENT
from bridge.delivery.work import SQL, mark
from bridge.mirror.remember import lock_rows

if TYPE_CHECKING:
    from typing import Any

    import psycopg

    from bridge.db.database import Database
    from bridge.delivery.leases import Lease
    from bridge.delivery.read_back import Reader


@dataclass(frozen=True, kw_only=True)
class Resolver:
    """Resolves records of one connection, for one thread."""

    database: Database
    reader: Reader

    def settle(self, lease: Lease) -> str:
        """Hand what waits for a record over to its address; say why where it has none.

        Raises:
            RemoteError: If Salesforce does not do its part.
        """
        kind = self._kind(lease)
        if kind is None:
            self.reader.read("contact", [lease.key], lane=max(lease.lane, 1))
        else:
            self.reader.read_unknown([lease.key], held=[lease.key], lane=max(lease.lane, 1))
        with self.database.transaction() as tx:
            target = _target(tx, lease)
            renew(tx, lease)  # after the records, as triage does
            if target is not None:
                subject = ("address", target)
                marked = mark(
                    tx,
                    lease.connection_id,
                    {subject: lease.is_consent},  # type: ignore[dict-item]
                    lane=max(lease.lane, 1),
                    origin=lease.origin,
                )
                tx.execute(
                    SQL["pass_subjects_on"],
                    {
                        "connection_id": lease.connection_id,
                        "from_key": lease.key,
                        "to_key": target,
                        "generation": next(iter(marked.values())),
                    },
                )
                finish(tx, lease)
                return "handed over to its address"
            words = _say_no_address(tx, lease)
            finish(tx, lease, reason=words)
            return words

    def _kind(self, lease: Lease) -> str | None:
        with self.database.transaction() as tx:
            keys = [("contact", lease.key), ("membership", lease.key)]
            found = lock_rows(tx, lease.connection_id, keys)
        return next((kind for kind, _ in found), None)


def _target(tx: psycopg.Connection, lease: Lease) -> str | None:
    """Return the subject that stands for the record now: its address, or its contact."""
    keys = [("contact", lease.key), ("membership", lease.key)]
    found = lock_rows(tx, lease.connection_id, keys)
    for (kind, _), (row, _) in found.items():
        if row.deleted_at is not None:
            return None
        if kind == "contact":
            return row.email_key
        if row.contact_id:
            person, _ = lock_rows(tx, lease.connection_id, [("contact", row.contact_id)]).get(
                ("contact", row.contact_id), (None, None)
            )
            return person.email_key if person and person.email_key else row.contact_id
    return None


def _say_no_address(tx: psycopg.Connection, lease: Lease) -> str:
    found = lock_rows(tx, lease.connection_id, [("contact", lease.key)])
    row, _ = found.get(("contact", lease.key), (None, None))
    if row is None or row.deleted_at is not None:
        return "the record is not in Practifi any more"
    with tx.cursor(row_factory=dict_row) as cursor:
        memberships: list[dict[str, Any]] = cursor.execute(
            SQL["memberships_of"],
            {"connection_id": lease.connection_id, "contact_ids": [lease.key]},
        ).fetchall()
    statuses = [Status(kind="contact", sf_id=lease.key, status=NOT_SENT, reason=NO_ADDRESS)]
    statuses += [
        Status(kind="membership", sf_id=row["sf_id"], status=NOT_SENT, reason=NO_ADDRESS)
        for row in memberships
    ]
    set_statuses(tx, lease.connection_id, statuses)
    return NO_ADDRESS
