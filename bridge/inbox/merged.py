"""Merges: a contact record goes on as another one, which inherits memberships and opt-outs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.clock import now
from bridge.consent.record import inherit
from bridge.db.queries import load_queries
from bridge.identity import salesforce_id
from bridge.mirror.model import needed_paths, row_of
from bridge.mirror.remember import lock_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    from bridge.delivery.read_back import Reader
    from bridge.mapping.names import Names
    from bridge.mirror.advance import Subject

SQL = load_queries("bridge.inbox", "triage.sql")


def read_merges(reader: Reader, gone: Sequence[tuple[str, datetime]]) -> dict[str, str]:
    """Return deleted contact -> the one that it was merged into, of deletions nobody knew of.

    Both are read first: a box that the merge has cleared is no untick, and one that is ticked on
    the record that went was ticked, although its message tells nobody any more.

    Args:
        reader: Reads the organization's records.
        gone: Contacts, and when each was deleted.

    Raises:
        RemoteError: If Salesforce does not say.
    """
    connection, names = reader.connection, reader.mapping.names.contact
    told = {
        "connection_id": connection.id,
        "ids": [sf_id for sf_id, _ in gone],
        "ats": [deleted_at for _, deleted_at in gone],
    }
    with reader.database.transaction() as tx:
        unknown = [sf_id for (sf_id,) in tx.execute(SQL["new_deletes"], told)]
    if not unknown:
        return {}
    with reader.database.transaction() as tx:
        read_at = now(tx)
    paths = needed_paths("contact", reader.mapping)
    losers = reader.salesforce.merged(names.object, "Id", unknown, paths)
    winners = {salesforce_id(one["Id"] or ""): one["MasterRecordId"] or "" for one in losers}
    if winners:
        reader.read("contact", sorted(set(winners.values())))
        rows = [
            row_of(connection.id, "contact", one, reader.mapping, source="read") for one in losers
        ]
        ticked = [replace(row, deleted_at=row.modstamp) for row in rows if row.do_not_email]
        with reader.database.transaction() as tx:
            reader.remember(tx, ticked, read_at=read_at)
    return {loser: salesforce_id(winner) for loser, winner in winners.items()}


def follow_merge(
    tx: psycopg.Connection, connection_id: int, loser: str, winner: str, names: Names
) -> tuple[frozenset[Subject], bool]:
    """Hand over what is on record of a contact that was merged into another one, once.

    An opt-out wins: it stands for the record that is left, whichever of both had it. What the
    merge changed in Salesforce (whose the memberships are, the values of the record) is in doubt
    until it is read.

    Returns:
        What has to be looked at, and whether an opt-out came along.
    """
    both = {"connection_id": connection_id, "loser": loser, "winner": winner}
    lock_rows(tx, connection_id, [("contact", loser), ("contact", winner)])
    if tx.execute(SQL["note_merged"], both).fetchone() is None:
        return frozenset(), False
    memberships = tx.execute(SQL["doubt_memberships"], both | {"path": names.membership.contact})
    touched: set[Subject] = {("address", sf_id) for (sf_id,) in memberships}
    came_along = False
    heir: str | None = winner
    while heir is not None:  # one that went as well, and was heard of first, has an heir itself
        both["winner"] = heir
        row = tx.execute(SQL["doubt_winner"], both | {"path": names.contact.email}).fetchone()
        touched.add(("address", row[0] if row is not None and row[0] else heir))
        tx.execute(SQL["inherit_left_lists"], both)
        came_along = inherit(tx, connection_id, loser, heir) or came_along
        further = tx.execute(SQL["merged_on"], both).fetchone()
        heir = None if further is None else further[0]
    return frozenset(touched), came_along
