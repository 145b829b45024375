"""Poll for deleted records: a deletion never fires an outbound message, so it is asked for.

What was deleted enters the same inbox as a message would. Windows overlap, because deletions become
visible late; the key of a deletion is the record and the moment, so an overlap counts once.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.connections.store import list_connections
from bridge.errors import BridgeError, TooMuchAtOnce
from bridge.inbox.triage import SQL
from bridge.mapping.versions import usable

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection
    from bridge.mapping.names import Names
    from bridge.salesforce.client import Salesforce
    from bridge.salesforce.model import Deleted

log = logging.getLogger(__name__)

_OVERLAP = timedelta(minutes=2)
_FIRST_LOOK = timedelta(hours=2)
_NEXT_MINUTE = timedelta(minutes=1)
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


def window(watermark: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """Return the time to ask about: from the watermark less an overlap, never under two minutes.

    The end is a minute ahead: Salesforce ignores the seconds of both ends, and would hold back what
    was deleted in the running minute.
    """
    start = now - _FIRST_LOOK if watermark is None else watermark - _OVERLAP
    return max(min(start, now - _OVERLAP), now - _LONGEST), now + _NEXT_MINUTE


def _poll_connection(installation: Installation, connection: Connection) -> int:
    with installation.database.transaction() as tx:
        known = _names(tx, connection.id)
    if known is None:
        return 0
    salesforce = installation.salesforce(connection)
    try:
        return sum(
            _poll(installation, salesforce, connection, object_name)
            for object_name in (known.membership.object, known.contact.object, known.list.object)
        )
    finally:
        salesforce.close()


def _names(tx: psycopg.Connection, connection_id: int) -> Names | None:
    current = usable(tx, connection_id)
    return None if current is None else current.mapping.names


def _ask(salesforce: Salesforce, object_name: str, start: datetime, end: datetime) -> Deleted:
    """Ask about a span of time, or about its first part where too much was deleted in it.

    The next poll goes on where that part ends.
    """
    while True:
        try:
            return salesforce.deleted(object_name, start, end)
        except TooMuchAtOnce:
            half = (end - start) / 2
            if half < _OVERLAP:
                raise
            end = start + half


def _poll(
    installation: Installation, salesforce: Salesforce, connection: Connection, object_name: str
) -> int:
    source = {"connection_id": connection.id, "source": f"deleted:{object_name}"}
    with installation.database.transaction() as tx:
        row = tx.execute(SQL["watermark"], source).fetchone()
    assert row is not None  # noqa: S101 -- the statement joins to a row of its own
    start, end = window(*row)
    found = _ask(salesforce, object_name, start, end)
    if row[0] is not None and found.earliest_date_available > start:
        log.warning(
            "deletes_gap",
            extra={"connection": connection.name, "object": object_name, "from": str(start)},
        )
    with installation.database.transaction() as tx:
        added = tx.execute(
            SQL["add_deletes"],
            {
                "connection_id": connection.id,
                "object": object_name,
                "ids": [record_id for record_id, _ in found.rows],
                "ats": [deleted_at for _, deleted_at in found.rows],
            },
        ).fetchall()
        tx.execute(SQL["move_watermark"], source | {"at": min(found.latest_date_covered, row[1])})
    return len(added)
