"""Poll for deleted records: a deletion never fires an outbound message, so it is asked for.

What was deleted enters the same inbox as a message would. Windows overlap, because deletions become
visible late; the key of a deletion is the record and the moment, so an overlap counts once.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from bridge.connections.store import list_connections
from bridge.delivery.merges import MERGEABLE
from bridge.delivery.read_back import Reader
from bridge.errors import BridgeError, TooMuchAtOnce
from bridge.inbox.merged import add_deletes, read_merges
from bridge.inbox.triage import SQL
from bridge.mapping.versions import usable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection
    from bridge.db.database import Database

    T = TypeVar("T")

log = logging.getLogger(__name__)

_OVERLAP = timedelta(minutes=2)
_NEXT_MINUTE = timedelta(minutes=1)
_MESSAGES_COME = timedelta(hours=25)
"""Salesforce tries for 24 hours to deliver a message; what it tells of may be gone by then."""

_LONGEST = timedelta(days=14)
"""Salesforce answers for at most 15 days back (REST API Developer Guide, "Get Deleted")."""


def poll_deletes(installation: Installation) -> int:
    """Ask every connected organization what was deleted; return how many deletions were new."""
    with installation.database.transaction() as tx:
        connections = [row for row in list_connections(tx) if row.state == "active"]
    new = 0
    for connection in connections:
        try:
            new += _poll_connection(installation, connection)
        except BridgeError as error:
            # A mapping or credentials at fault are no matter of the other connections.
            log.warning(
                "deletes_poll_failed", extra={"connection": connection.name, "why": str(error)}
            )
    return new


def window(
    watermark: datetime | None, now: datetime, *, reaches_back: timedelta = _LONGEST
) -> tuple[datetime, datetime]:
    """Return the time to ask about: from the watermark less an overlap, never under two minutes.

    The end is a minute ahead: Salesforce ignores the seconds of both ends, and would hold back what
    was deleted in the running minute. A first look goes back as far as it can: records may have
    been known for long before somebody could look.
    """
    start = now - reaches_back if watermark is None else watermark - _OVERLAP
    return max(min(start, now - _OVERLAP), now - reaches_back), now + _NEXT_MINUTE


def _poll_connection(installation: Installation, connection: Connection) -> int:
    with installation.database.transaction() as tx:
        current = usable(tx, connection.id)
    if current is None:
        return 0
    names = current.mapping.names
    salesforce = installation.salesforce(connection)
    reader = Reader(
        database=installation.database,
        salesforce=salesforce,
        connection=connection,
        mapping=current.mapping,
        origin="poll",
    )
    try:
        return sum(
            _poll(reader, object_name)
            for object_name in (names.membership.object, names.contact.object, names.list.object)
        )
    finally:
        salesforce.close()


def ask_in_parts(ask: Callable[[datetime, datetime], T], start: datetime, end: datetime) -> T:
    """Return what is answered of a span of time, or of its first part where there is too much.

    The next poll goes on where that part ends.

    Raises:
        TooMuchAtOnce: If the shortest span that can be asked about is too long.
    """
    while True:
        try:
            return ask(start, end)
        except TooMuchAtOnce:
            half = (end - start) / 2
            if half < _OVERLAP:
                raise
            end = start + half


def _poll(reader: Reader, object_name: str) -> int:
    connection, database = reader.connection, reader.database
    source = {"connection_id": connection.id, "source": f"deleted:{object_name}"}
    with database.transaction() as tx:
        row = tx.execute(SQL["watermark"], source).fetchone()
    assert row is not None  # noqa: S101 -- the statement joins to a row of its own
    start, end = window(*row)
    found = ask_in_parts(
        lambda first, last: reader.salesforce.deleted(object_name, first, last), start, end
    )
    if row[0] is not None and found.earliest_date_available > start:
        log.warning(
            "deletes_gap",
            extra={"connection": connection.name, "object": object_name, "from": str(start)},
        )
    rows = found.rows
    if row[0] is None:
        rows = _of_concern(database, connection.id, rows, row[1] - _MESSAGES_COME)
    winners = read_merges(reader, rows) if object_name == MERGEABLE else {}
    with database.transaction() as tx:
        added = add_deletes(tx, connection.id, object_name, rows, winners)
        tx.execute(SQL["move_watermark"], source | {"at": min(found.latest_date_covered, row[1])})
    return added


def _of_concern(
    database: Database, connection_id: int, gone: Sequence[tuple[str, datetime]], since: datetime
) -> list[tuple[str, datetime]]:
    """Return the deletions since a moment, and older ones of records that the mirror has met."""
    asked = {"connection_id": connection_id, "ids": [sf_id for sf_id, _ in gone]}
    with database.transaction() as tx:
        met = {sf_id for (sf_id,) in tx.execute(SQL["met"], asked)}
    return [one for one in gone if one[0] in met or one[1] >= since]
