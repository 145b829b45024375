"""How long what arrived is kept: messages 14 days, ended notifications 30, dead letters for good.

Before a raw message goes, notifications that are dead or not finished get their own part of it.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from psycopg.errors import LockNotAvailable
from psycopg.rows import dict_row

from bridge.db.queries import load_queries
from bridge.inbox.packing import unpack
from bridge.inbox.part import parts_of

if TYPE_CHECKING:
    from typing import Any, LiteralString

    from bridge.db.database import Database

SQL = load_queries("bridge.inbox", "retention.sql")
_MESSAGES = 1000
_ROWS = 5000

log = logging.getLogger(__name__)


def keep(database: Database, *, until: float) -> bool:
    """Make the partitions of the coming day, and let go what has been kept long enough.

    Each step commits by itself, and any number of processes may do this at once. A step that cannot
    have its lock within two seconds is left to the next time.

    Args:
        database: The installation's database.
        until: When to stop, in `time.monotonic()` seconds.

    Returns:
        Whether something is left to do at once.
    """
    _change_partitions(database, SQL["make_partitions"])
    if not _keep_parts(database, until):
        return True
    _change_partitions(database, SQL["drop_partitions"])
    return not all(
        _delete(database, statement, until)
        for statement in (SQL["delete_default"], SQL["delete_ended"])
    )


def _change_partitions(database: Database, statement: LiteralString) -> None:
    try:
        with database.transaction() as tx:
            tx.execute(statement)
    except LockNotAvailable:
        log.info("retention_postponed")


def _keep_parts(database: Database, until: float) -> bool:
    """Keep what must outlive its message; return whether all of it is kept."""
    while True:
        with database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
            messages = cursor.execute(SQL["messages_to_keep"], {"count": _MESSAGES}).fetchall()
        if not messages:
            return True
        for message in messages:
            if time.monotonic() >= until:
                return False
            _keep_parts_of(database, message)


def _keep_parts_of(database: Database, message: dict[str, Any]) -> None:
    with database.transaction() as tx:
        found = tx.execute(SQL["message_to_keep"], message).fetchone()
        if found is not None:
            encoding, body = found
            parts = parts_of(unpack(body), encoding, message["ordinals"])
            tx.execute(SQL["keep_parts"], message | {"parts": parts})


def _delete(database: Database, statement: LiteralString, until: float) -> bool:
    """Delete in batches; return whether nothing is left to delete."""
    while time.monotonic() < until:
        with database.transaction() as tx:
            if tx.execute(statement, {"count": _ROWS}).rowcount < _ROWS:
                return True
    return False
