"""Write ids and statuses back to Practifi, in collections of 200, only where they differ."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from bridge.connections.store import load_connection, pause
from bridge.delivery.outages import Outages
from bridge.delivery.work import SQL
from bridge.errors import (
    BridgeError,
    OutOfService,
    QuotaSpent,
    RecordRefused,
    RemoteError,
    Terminal,
)
from bridge.mapping.versions import usable
from bridge.salesforce.model import SaveResult, Update

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection
    from bridge.mapping.names import Names
    from bridge.salesforce.client import Salesforce

log = logging.getLogger(__name__)

_A_CALL = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A status that may have to be written."""

    kind: str
    sf_id: str
    status: str
    reason: str | None
    since: datetime
    confirmed_at: datetime | None
    written_fingerprint: bytes | None
    write_attempts: int
    write_due_at: datetime
    cc_id: UUID | None
    members_confirmed: int


def write_back(installation: Installation) -> int:
    """Write every due status of every connection and return how many records were written."""
    with installation.database.transaction() as tx:
        ids = [row[0] for row in tx.execute(SQL["connections_to_write"])]
    written = 0
    for connection_id in ids:
        try:
            written += _write_connection(installation, connection_id)
        except OutOfService:
            continue  # told once, when the outage began
        except BridgeError as error:
            # A mapping or credentials at fault are no matter of the other connections.
            extra = {"connection": connection_id, "why": str(error)}
            log.warning("write_back_failed", extra=extra)
    return written


def _write_connection(installation: Installation, connection_id: int) -> int:
    with installation.database.transaction() as tx:
        connection = load_connection(tx, connection_id)
        current = usable(tx, connection_id)
    if current is None:
        return 0
    written = 0
    outages = Outages(installation.database, connection)
    outages.check("salesforce")
    while due := _claim(installation, connection_id):
        updates = [_update(row, current.mapping.names) for row in due]
        prints = [_fingerprint(update) for update in updates]
        changed = [
            position
            for position, row in enumerate(due)
            if updates[position].fields and prints[position] != row.written_fingerprint
        ]
        results: list[SaveResult] = [SaveResult(ok=True)] * len(due)
        try:
            saved = _save(installation, connection, [updates[position] for position in changed])
        except RemoteError as error:
            _give_back(installation, connection_id, due)
            outages.judge(error)
            if isinstance(error, Terminal) and not isinstance(error, QuotaSpent):
                with installation.database.transaction() as tx:
                    pause(tx, connection_id, str(error), system=error.system)
            raise
        if changed:
            outages.note_call("salesforce")
        outages.judge(None)
        for position, result in zip(changed, saved, strict=True):
            results[position] = result
        _record(installation, connection_id, due, prints, results)
        written += sum(result.ok for result in saved)
        if any(not result.ok for result in saved):
            break
    return written


def _claim(installation: Installation, connection_id: int) -> list[Due]:
    lease_s = installation.settings.lease_s
    parameters = {"connection_id": connection_id, "lease_s": lease_s, "count": _A_CALL}
    with (
        installation.database.transaction() as tx,
        tx.cursor(row_factory=class_row(Due)) as cursor,
    ):
        return cursor.execute(SQL["claim_statuses"], parameters).fetchall()


def _give_back(installation: Installation, connection_id: int, due: Sequence[Due]) -> None:
    """Leave statuses due: what stopped them would have stopped any other, and has its own wait."""
    with installation.database.transaction() as tx:
        tx.execute(
            SQL["give_statuses_back"],
            {
                "connection_id": connection_id,
                "kinds": [row.kind for row in due],
                "ids": [row.sf_id for row in due],
            },
        )


def _save(
    installation: Installation, connection: Connection, updates: Sequence[Update]
) -> list[SaveResult]:
    if not updates:
        return []
    salesforce = installation.salesforce(connection)
    try:
        return _save_apart(salesforce, updates)
    finally:
        salesforce.close()


def _save_apart(salesforce: Salesforce, updates: Sequence[Update]) -> list[SaveResult]:
    """Save records; where the call as a whole is refused for one, the others go without it."""
    try:
        return salesforce.collections.update(updates)
    except RecordRefused as refused:
        if len(updates) == 1:
            return [SaveResult(ok=False, error_code=refused.key, message=str(refused))]
        half = len(updates) // 2
        first = _save_apart(salesforce, updates[:half])
        return first + _save_apart(salesforce, updates[half:])


def _record(
    installation: Installation,
    connection_id: int,
    due: Sequence[Due],
    prints: Sequence[bytes],
    results: Sequence[SaveResult],
) -> None:
    with installation.database.transaction() as tx:
        tx.execute(
            SQL["end_status_writes"],
            {
                "connection_id": connection_id,
                "kinds": [row.kind for row in due],
                "ids": [row.sf_id for row in due],
                "fingerprints": list(prints),
                "errors": [None if result.ok else result.message or "" for result in results],
                "final": [result.ok or result.is_gone for result in results],
                "due": [row.write_due_at for row in due],
            },
        )


def _update(row: Due, names: Names) -> Update:
    values: dict[str | None, Any]
    if row.kind == "contact":
        object_name = names.contact.object
        values = {
            names.contact.status: row.status,
            names.contact.status_reason: row.reason,
            names.contact.status_since: _moment(row.since),
        }
        if row.cc_id is not None:
            values[names.contact.cc_id] = str(row.cc_id)
    elif row.kind == "list":
        object_name = names.list.object
        values = {
            names.list.status: row.status,
            names.list.members_confirmed: row.members_confirmed,
        }
        if row.cc_id is not None:
            values[names.list.cc_id] = str(row.cc_id)
    else:
        object_name = names.membership.object
        values = {
            names.membership.status: row.status,
            names.membership.status_reason: row.reason,
            names.membership.confirmed_at: _moment(row.confirmed_at),
        }
    fields = {path: value for path, value in values.items() if path is not None}
    return Update(object=object_name, record_id=row.sf_id, fields=fields)


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat(timespec="milliseconds")


def _fingerprint(update: Update) -> bytes:
    text = json.dumps([update.object, update.fields], sort_keys=True)
    return hashlib.sha256(text.encode()).digest()
