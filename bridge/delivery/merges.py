"""A box that a merge has cleared is no untick: ask Salesforce before one is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.consent.box import is_of_merge
from bridge.delivery.work import SQL
from bridge.identity import salesforce_id
from bridge.mirror.model import parse_moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bridge.db.database import Database
    from bridge.mapping.names import ContactNames
    from bridge.mirror.model import PractifiRow
    from bridge.salesforce.client import Salesforce


MERGEABLE = "Contact"
"""The only object a contact may be that Salesforce merges."""


def cleared_by_merge(
    database: Database, salesforce: Salesforce, names: ContactNames, rows: Sequence[PractifiRow]
) -> frozenset[str]:
    """Return the contacts whose box may be clear because another record was merged into them.

    Salesforce is asked only where a box is read clear that was ticked so far. A merge that was
    already followed counts no more: whatever it changed has been read since.

    Raises:
        RemoteError: If Salesforce does not say.
    """
    if names.object != MERGEABLE:
        return frozenset()
    clear = {row.sf_id: row for row in rows if row.kind == "contact" and row.do_not_email is False}
    if not clear:
        return frozenset()
    connection_id = rows[0].connection_id
    stamps = [row.resubscribe_at for row in clear.values()]
    told = {"connection_id": connection_id, "ids": list(clear), "stamps": stamps}
    with database.transaction() as tx:
        ticked_at: dict[str, datetime | None] = dict(tx.execute(SQL["unticked_now"], told))
    if not ticked_at:
        return frozenset()
    losers = {
        salesforce_id(one["Id"] or ""): one
        for one in salesforce.in_recycle_bin(names.object, "MasterRecordId", sorted(ticked_at))
    }
    with database.transaction() as tx:
        asked = {"connection_id": connection_id, "ids": sorted(losers)}
        followed = {sf_id for (sf_id,) in tx.execute(SQL["followed_merges"], asked)}
    found = set()
    for sf_id in losers.keys() - followed:
        winner = salesforce_id(losers[sf_id]["MasterRecordId"] or "")
        merged_at = parse_moment(losers[sf_id]["SystemModstamp"])
        if merged_at is None or is_of_merge(
            clear[winner].resubscribe_at, ticked_at[winner], merged_at
        ):
            found.add(winner)
    return frozenset(found)
