"""What notifications make dirty, and which of them wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.db.queries import load_queries
from bridge.delivery.work import WEBHOOK, add_subjects, mark
from bridge.identity import salesforce_id
from bridge.inbox.merged import follow_merge
from bridge.inbox.model import Verdict
from bridge.mirror.model import says_otherwise
from bridge.mirror.remember import lock_rows, mark_deleted
from bridge.mirror.subjects import subjects_of_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from bridge.connections.model import Connection
    from bridge.delivery.work import Origin
    from bridge.inbox.model import Untriaged
    from bridge.mapping.names import Names
    from bridge.mirror.advance import Subject
    from bridge.mirror.model import PractifiRow

SQL = load_queries("bridge.inbox", "triage.sql")


def delete(
    tx: psycopg.Connection, connection_id: int, kind: str, notification: Untriaged, names: Names
) -> tuple[frozenset[Subject], bool]:
    """Note that a record is gone; return what that touches, and whether consent is concerned."""
    sf_id = salesforce_id(notification.record_id or "")
    row, _ = lock_rows(tx, connection_id, [(kind, sf_id)]).get((kind, sf_id), (None, None))
    mark_deleted(tx, connection_id, kind, sf_id, notification.received_at)
    touched = frozenset() if row is None else subjects_of_row(tx, row)
    if kind != "contact" or notification.merged_into is None:
        return touched, False
    heirs, is_consent = follow_merge(tx, connection_id, sf_id, notification.merged_into, names)
    return touched | heirs, is_consent


def touched_by_replay(
    tx: psycopg.Connection, mode: str | None, told: PractifiRow, names: Names
) -> frozenset[Subject]:
    """Return what is looked at again where a newer state is known than a replayed message tells.

    With today's mapping that is what the record touches now. As accepted it is nothing where a
    later save says otherwise than the message.
    """
    if mode is None:
        return frozenset()
    key = (told.kind, told.sf_id)
    row, _ = lock_rows(tx, told.connection_id, [key]).get(key, (None, None))
    if row is None:
        return frozenset()
    if mode == "as_accepted" and says_otherwise(row.fields, told.fields, names):
        return frozenset()
    return subjects_of_row(tx, row)


def mark_dirty(
    tx: psycopg.Connection,
    connection: Connection,
    dirty: Sequence[tuple[Untriaged, frozenset[Subject], bool]],
) -> dict[str, Verdict]:
    """Mark what notifications touch, and have each wait for it; return what became of each."""
    dirty = [
        (notification, subjects | _waited_for(tx, notification), is_consent)
        for notification, subjects, is_consent in dirty
    ]
    wanted: dict[Subject, bool] = {}
    origins: dict[Subject, Origin] = {}
    for notification, subjects, is_consent in dirty:
        for subject in subjects:
            wanted[subject] = wanted.get(subject, False) or is_consent
            origins.setdefault(subject, _origin(notification))
    generations = mark(tx, connection.id, wanted, lane=WEBHOOK, origin=origins)
    add_subjects(
        tx,
        connection.id,
        (
            (notification.notification_id, subject, generations[subject])
            for notification, subjects, _ in dirty
            for subject in subjects
        ),
    )
    for notification, subjects, _ in dirty:
        if notification.replay == "as_accepted":
            _replay_as_accepted(tx, notification, subjects)
    reason = None if connection.state == "active" else _why_not(connection)
    return {
        notification.ctid: (
            Verdict("waiting", reason)
            if subjects
            else Verdict("done", "nothing here depends on this record")
        )
        for notification, subjects, _ in dirty
    }


def _origin(notification: Untriaged) -> Origin:
    if notification.replay is not None:
        return "replay"
    return "poll" if notification.origin == "poll" else "webhook"


def _waited_for(tx: psycopg.Connection, notification: Untriaged) -> frozenset[Subject]:
    """Return what a replayed notification waited for before: it may have been given up there."""
    if notification.replay is None:
        return frozenset()
    asked = {
        "connection_id": notification.connection_id,
        "notification_id": notification.notification_id,
    }
    return frozenset((kind, key) for kind, key in tx.execute(SQL["waited_for"], asked))


def _replay_as_accepted(
    tx: psycopg.Connection, notification: Untriaged, subjects: frozenset[Subject]
) -> None:
    tx.execute(
        SQL["replay_as_accepted"],
        {
            "connection_id": notification.connection_id,
            "notification_id": notification.notification_id,
            "kinds": [kind for kind, _ in sorted(subjects)],
            "keys": [key for _, key in sorted(subjects)],
        },
    )


def _why_not(connection: Connection) -> str:
    if connection.state == "unconnected":
        return "no credentials"
    return connection.state_reason or "the connection is paused"
