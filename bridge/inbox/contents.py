"""What stored notifications say: from the raw message, or from the part of it that was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bridge.db.queries import load_queries
from bridge.inbox.packing import unpack
from bridge.inbox.part import PART_ENCODING
from bridge.inbox.soap import read_fields

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    import psycopg

    from bridge.salesforce.values import Record

SQL = load_queries("bridge.inbox", "contents.sql")


class Stored(Protocol):
    """Where the content of a notification is."""

    @property
    def connection_id(self) -> int:
        """The connection that it came to."""

    @property
    def notification_id(self) -> str:
        """Its id in that connection."""

    @property
    def message_id(self) -> UUID | None:
        """The raw message; None where it came by no message."""

    @property
    def received_at(self) -> datetime:
        """When that message came."""

    @property
    def ordinal(self) -> int:
        """Its position in that message, from 0."""


def read_contents(
    tx: psycopg.Connection, notifications: Sequence[Stored]
) -> dict[tuple[int, str], Record]:
    """Return the fields of notifications by connection and notification id.

    A notification without data has no fields. Those of which nothing is kept are left out, as are
    deletions, which come without any.
    """
    contents: dict[tuple[int, str], Record] = {}
    by_message: dict[UUID, list[Stored]] = {}
    for notification in notifications:
        if notification.message_id is not None:
            by_message.setdefault(notification.message_id, []).append(notification)
    asked = {
        "received": [group[0].received_at for group in by_message.values()],
        "ids": list(by_message),
    }
    with tx.cursor() as cursor:
        # One body in memory at a time: there may be many, of megabytes each.
        for message_id, encoding, body in cursor.stream(SQL["bodies"], asked):
            parsed = read_fields(unpack(body), encoding)
            for notification in by_message.pop(message_id):
                contents[_key(notification)] = parsed[notification.ordinal].fields
    gone = [_key(notification) for group in by_message.values() for notification in group]
    gone += [_key(one) for one in notifications if one.message_id is None]  # they were asked for
    if gone:
        connection_ids, notification_ids = map(list, zip(*gone, strict=True))
        keys = {"connection_ids": connection_ids, "notification_ids": notification_ids}
        for connection_id, notification_id, part in tx.execute(SQL["kept_parts"], keys):
            fields = read_fields(part, PART_ENCODING)[0].fields
            contents[connection_id, notification_id] = fields
    return contents


def _key(notification: Stored) -> tuple[int, str]:
    return notification.connection_id, notification.notification_id
