"""Triage: read what notifications say, move the mirror, mark what is dirty. No call goes out here.

One batch is one transaction: a crash in the middle leaves its notifications as they were received.
"""

from __future__ import annotations

import logging
from itertools import groupby
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import class_row

from bridge.connections.store import load_connection
from bridge.db.queries import load_queries
from bridge.delivery.cause import MESSAGE_GONE, cause_of_fault
from bridge.errors import BridgeError
from bridge.identity import is_salesforce_id
from bridge.inbox.contents import read_contents
from bridge.inbox.dirty import delete, mark_dirty, touched_by_replay
from bridge.inbox.model import Untriaged, Verdict
from bridge.log import place
from bridge.mapping.versions import usable
from bridge.mirror.advance import Moved, advance
from bridge.mirror.model import PractifiRow, client_paths, row_of, without_untick
from bridge.salesforce import tombstone

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.mapping.compiled import Mapping
    from bridge.mapping.names import Kind
    from bridge.mirror.advance import Subject
    from bridge.salesforce.values import Record

SQL = load_queries("bridge.inbox", "triage.sql")
_SUPERSEDED = {
    None: "a newer state is known already",
    "todays_mapping": "a newer state is known already, and nothing here depends on it",
    "as_accepted": "a newer state is known already: replay it with today's mapping",
}
_DELETED = "a record was deleted: Salesforce is asked which"
BATCH = 500
"""Notifications a transaction. A row that two batches share makes one wait for the other."""

log = logging.getLogger(__name__)


def triage_batch(
    database: Database,
    *,
    consent: bool,
    count: int = BATCH,
    deleted: Callable[[], None] = lambda: None,
) -> int:
    """Triage the oldest notifications of one kind, in one transaction, and return how many.

    Where one of them meets a fault of ours, each goes by itself, and that one is a dead letter.

    Args:
        database: The installation's database.
        consent: Those flagged as consent at receipt, or all others.
        count: How many at most.
        deleted: Called after the commit where one of them told of a deletion.
    """
    try:
        with database.transaction() as tx:
            taken = _take(tx, consent=consent, count=count)
            _triage_all(tx, taken, consent=consent)
    except (BridgeError, psycopg.OperationalError, psycopg.InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 -- one record's fault must not hold up others
        log.warning("triaged_apart", extra={"error": type(error).__name__, "at": place(error)})
        with database.transaction() as tx:
            taken = _take(tx, consent=consent, count=count)
            for one in taken:
                _triage_apart(tx, one, consent=consent)
    if taken:
        log.info("triaged", extra={"notifications": len(taken), "consent": consent})
    if any(is_tombstone(one) for one in taken):
        deleted()
    return len(taken)


def is_tombstone(notification: Untriaged) -> bool:
    """Tell whether a notification is of what is left of a deleted record.

    It is a hint to poll now. What was deleted, and into what it was merged, only the poll knows.
    """
    return (notification.object or "").lower() == tombstone.OBJECT.lower()


def _take(tx: psycopg.Connection, *, consent: bool, count: int) -> list[Untriaged]:
    query = SQL["take_untriaged_consent" if consent else "take_untriaged"]
    with tx.cursor(row_factory=class_row(Untriaged)) as cursor:
        return cursor.execute(query, {"count": count}).fetchall()


def _end(
    tx: psycopg.Connection, verdicts: dict[str, Verdict], mapping_version_id: int | None
) -> None:
    if verdicts:
        tx.execute(
            SQL["end_triage"],
            {
                "tids": list(verdicts),
                "states": [verdict.state for verdict in verdicts.values()],
                "reasons": [verdict.reason for verdict in verdicts.values()],
                "causes": [verdict.cause for verdict in verdicts.values()],
                "mapping_version_id": mapping_version_id,
            },
        )


def _triage_all(tx: psycopg.Connection, taken: Sequence[Untriaged], *, consent: bool) -> None:
    by_connection = sorted(taken, key=lambda row: row.connection_id)
    for connection_id, rows in groupby(by_connection, key=lambda row: row.connection_id):
        connection = load_connection(tx, connection_id)
        current = usable(tx, connection_id)
        if current is not None:
            verdicts = _triage(tx, connection, current.mapping, list(rows), consent=consent)
            _end(tx, verdicts, current.version_id)


def _triage_apart(tx: psycopg.Connection, one: Untriaged, *, consent: bool) -> None:
    """Triage one notification; what goes wrong with it is undone and its own end."""
    try:
        with tx.transaction():
            _triage_all(tx, [one], consent=consent)
    except (BridgeError, psycopg.OperationalError, psycopg.InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 -- as above
        name = type(error).__name__
        log.error(  # noqa: TRY400 -- an error's text may hold a value of the record
            "fault_in_notification",
            extra={"notification": one.notification_id, "error": name, "at": place(error)},
        )
        reason = f"a fault in the bridge ({name}): see its log"
        _end(tx, {one.ctid: Verdict("dead", reason, cause_of_fault(error))}, None)


def _triage(
    tx: psycopg.Connection,
    connection: Connection,
    mapping: Mapping,
    taken: list[Untriaged],
    *,
    consent: bool,
) -> dict[str, Verdict]:
    verdicts: dict[str, Verdict] = {}
    records = _records(tx, connection.id, taken)
    told: list[tuple[Untriaged, PractifiRow]] = []
    gone: list[tuple[Untriaged, str]] = []
    dirty: list[tuple[Untriaged, frozenset[Subject], bool]] = []
    for notification in taken:
        kind = mapping.names.kind_of(notification.object or "")
        verdict = _at_once(notification, kind)
        if kind is None or verdict is not None:
            verdicts[notification.ctid] = verdict or _no_mapping(notification)
        elif notification.origin == "poll" and notification.ctid not in records:
            gone.append((notification, kind))
        elif notification.ctid not in records:
            verdicts[notification.ctid] = Verdict("dead", "the raw message is gone", MESSAGE_GONE)
        else:
            record = records[notification.ctid] | {"Id": notification.record_id}
            row = row_of(connection.id, kind, record, mapping, source="message")
            if notification.replay is not None:
                row = without_untick(row, mapping.names.contact.do_not_email)
            told.append((notification, row))
    moved = _advance(tx, connection, mapping, told)
    for (notification, _), one in zip(told, moved, strict=True):
        subjects = one.subjects or touched_by_replay(
            tx, notification.replay, one.row, mapping.names
        )
        if one.is_superseded and not subjects:
            verdicts[notification.ctid] = Verdict("superseded", _SUPERSEDED[notification.replay])
        else:
            dirty.append((notification, subjects, one.is_consent or consent))
    gone.sort(key=lambda one: one[0].merged_into is not None)  # the ledger after the records
    for deletion, its_kind in gone:  # last, so that what it touches is known
        touched, is_consent = delete(tx, connection.id, its_kind, deletion, mapping.names)
        dirty.append((deletion, touched, is_consent))
    verdicts |= mark_dirty(tx, connection, dirty)
    return verdicts


def _at_once(notification: Untriaged, kind: Kind | None) -> Verdict | None:
    """Return the end of a notification that nothing is read for, or None."""
    if is_tombstone(notification):
        return Verdict("done", _DELETED)
    if kind is None:
        return _no_mapping(notification)
    if not is_salesforce_id(notification.record_id):
        return Verdict("ignored", "the record id is not valid")
    return None


def _no_mapping(notification: Untriaged) -> Verdict:
    return Verdict("ignored", f"no mapping for object {notification.object}")


def _records(
    tx: psycopg.Connection, connection_id: int, taken: Sequence[Untriaged]
) -> dict[str, Record]:
    """Return what each notification tells, by ctid; by the field list of its time, absent is null.

    A list says nothing of what arrived before it was in force.
    """
    if not taken:
        return {}
    contents = read_contents(tx, taken)
    action_ids = sorted({row.action_id for row in taken if row.action_id})
    asked = {"connection_id": connection_id, "action_ids": action_ids}
    listed: dict[str, list[tuple[datetime, list[str]]]] = {}
    for action_id, since, names in tx.execute(SQL["definitions"], asked):
        listed.setdefault(action_id, []).append((since, names))
    if listed:
        heard = [max(r.received_at for r in taken if r.action_id == a) for a in listed]
        tx.execute(
            SQL["note_definitions_heard"],
            {"connection_id": connection_id, "action_ids": list(listed), "ats": heard},
        )
    records: dict[str, Record] = {}
    for row in taken:
        fields = contents.get((connection_id, row.notification_id))
        if fields is not None:
            lists = listed.get(row.action_id or "", ())
            names = next((names for since, names in lists if since <= row.received_at), ())
            nulls: dict[str, Any] = dict.fromkeys(names)
            records[row.ctid] = nulls | fields
    return records


def _advance(
    tx: psycopg.Connection,
    connection: Connection,
    mapping: Mapping,
    told: Sequence[tuple[Untriaged, PractifiRow]],
) -> list[Moved]:
    return advance(
        tx,
        [row for _, row in told],
        client_paths=client_paths(mapping),
        names=mapping.names.contact,
        own_user_id=connection.sf_user_id,
        cause_kind="notification",
        causes=[notification.notification_id for notification, _ in told],
    )
