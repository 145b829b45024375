"""What a notification said and by which mapping, when it was accepted: for its replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from bridge.delivery.work import SQL
from bridge.errors import MappingError, RecordError
from bridge.identity import is_salesforce_id, salesforce_id
from bridge.inbox.contents import read_contents
from bridge.mapping.versions import version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    import psycopg

    from bridge.mapping.versions import ActiveMapping
    from bridge.salesforce.values import Record

_TODAYS = "replay it with today's mapping"


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """A notification as it was accepted.

    Attributes:
        mapping: The version that was in force.
        told: Its record's id -> the values that it told.
    """

    mapping: ActiveMapping
    told: Mapping[str, Record]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    connection_id: int
    notification_id: str
    message_id: UUID | None
    received_at: datetime
    ordinal: int
    record_id: str | None
    mapping_version_id: int | None


def find_accepted(tx: psycopg.Connection, connection_id: int, notification_id: str) -> Accepted:
    """Return a notification as it was accepted.

    Raises:
        RecordError: If its message or its mapping is of no use any more.
    """
    asked = {"connection_id": connection_id, "notification_id": notification_id}
    with tx.cursor(row_factory=class_row(_Row)) as cursor:
        row = cursor.execute(SQL["accepted"], asked).fetchone()
    if row is None or row.mapping_version_id is None:
        raise RecordError(f"nobody knows by which mapping it was accepted: {_TODAYS}")
    try:
        mapping = version(tx, connection_id, row.mapping_version_id)
    except MappingError as error:
        raise RecordError(f"the mapping of its acceptance has faults now: {_TODAYS}") from error
    if mapping is None:
        raise RecordError(f"the mapping of its acceptance is not kept any more: {_TODAYS}")
    if row.message_id is None or not is_salesforce_id(row.record_id):
        return Accepted(mapping=mapping, told={})  # a deletion says nothing more
    fields = read_contents(tx, [row]).get((connection_id, notification_id))
    if fields is None:
        raise RecordError("its message is not kept any more: save the record again in Salesforce")
    told = {path: text or None for path, text in fields.items()}
    return Accepted(mapping=mapping, told={salesforce_id(row.record_id or ""): told})
