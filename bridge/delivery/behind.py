"""What waits behind another subject: woken when that one is done, however early."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.delivery.work import SQL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.db.database import Database
    from bridge.delivery.leases import Lease


def stop_waiting(database: Database, lease: Lease, behind: Sequence[str]) -> None:
    """Make a subject due that was given back behind others, if one of these ended meanwhile.

    Whoever ends one wakes those behind it. One that ended just before this one was given back has
    woken nobody, hence this look, once that is committed.
    """
    asked = lease.row() | {"behind": list(behind)}
    with database.transaction() as tx:
        over = [key for (key,) in tx.execute(SQL["done_behind"], asked)]
    if over:
        with database.transaction() as tx:
            tx.execute(SQL["wake_behind"], lease.row() | {"keys": over})
