"""Merges: a contact record goes on as another one, which inherits memberships and opt-outs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.clock import now
from bridge.consent.record import inherit
from bridge.db.queries import load_queries
from bridge.delivery.work import mark
from bridge.identity import salesforce_id
from bridge.mirror.model import needed_paths, parse_moment, row_of
from bridge.mirror.remember import lock_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg

    from bridge.delivery.read_back import Reader
    from bridge.mapping.names import Names
    from bridge.mirror.advance import Subject

SQL = load_queries("bridge.inbox", "triage.sql")


def read_merges(reader: Reader, gone: Sequence[tuple[str, datetime]]) -> dict[str, str]:
    """Return deleted contact -> the one that it was merged into, of deletions nobody knew of.

    Both are read first: a box that the merge has cleared is no untick, and one that is ticked on
    a record that went was ticked, although its message tells nobody any more.

    Args:
        reader: Reads the organization's records.
        gone: Contacts, and when each was deleted.

    Raises:
        RemoteError: If Salesforce does not say.
    """
    told = {
        "connection_id": reader.connection.id,
        "ids": [sf_id for sf_id, _ in gone],
        "ats": [deleted_at for _, deleted_at in gone],
    }
    with reader.database.transaction() as tx:
        unknown = [sf_id for (sf_id,) in tx.execute(SQL["new_deletes"], told)]
    if not unknown:
        return {}
    return _read_gone(reader, unknown)[1]


def _read_gone(
    reader: Reader, ids: Sequence[str]
) -> tuple[list[tuple[str, datetime]], dict[str, str]]:
    """Return contacts in the recycle bin with since when, and loser -> winner of merged ones.

    What is read of them is recorded: the ticks of those that went, and the winners as they are.
    """
    connection = reader.connection
    with reader.database.transaction() as tx:
        read_at = now(tx)
    paths = needed_paths("contact", reader.mapping)
    object_name = reader.mapping.names.contact.object
    found = reader.salesforce.in_recycle_bin(object_name, "Id", ids, paths)
    winners = {
        salesforce_id(one["Id"] or ""): salesforce_id(one["MasterRecordId"])
        for one in found
        if one["MasterRecordId"]
    }
    if winners:
        reader.read("contact", sorted(set(winners.values())))
    rows = [row_of(connection.id, "contact", one, reader.mapping, source="read") for one in found]
    ticked = [replace(row, deleted_at=row.modstamp) for row in rows if row.do_not_email]
    if ticked:
        with reader.database.transaction() as tx:
            reader.remember(tx, ticked, read_at=read_at)
    gone = [
        (salesforce_id(one["Id"] or ""), deleted_at)
        for one in found
        if (deleted_at := parse_moment(one["SystemModstamp"])) is not None
    ]
    return gone, winners


def add_deletes(
    tx: psycopg.Connection,
    connection_id: int,
    object_name: str,
    gone: Sequence[tuple[str, datetime]],
    winners: Mapping[str, str],
) -> int:
    """Let deletions enter the inbox; return how many were new.

    Args:
        tx: The caller's transaction.
        connection_id: Whose records they were.
        object_name: What they were.
        gone: Records, and when each was deleted.
        winners: Deleted record -> the one that it was merged into.
    """
    rows = {
        "connection_id": connection_id,
        "object": object_name,
        "ids": [record_id for record_id, _ in gone],
        "ats": [deleted_at for _, deleted_at in gone],
        "winners": [winners.get(record_id) for record_id, _ in gone],
    }
    return len(tx.execute(SQL["add_deletes"], rows).fetchall())


def follow_missing(reader: Reader, ids: Sequence[str]) -> frozenset[Subject]:
    """Follow contacts that a read did not find any more, where they were merged into others.

    A poll would tell of them, but what is decided until then must not go without an opt-out that
    came along. They enter the inbox as if polled; what has to be looked at is marked and returned.

    Raises:
        RemoteError: If Salesforce does not say.
    """
    object_name, connection_id = reader.mapping.names.contact.object, reader.connection.id
    gone, winners = _read_gone(reader, ids)
    dirty: dict[Subject, bool] = {}
    with reader.database.transaction() as tx:
        add_deletes(tx, connection_id, object_name, gone, winners)
        for loser, winner in sorted(winners.items()):
            touched, is_consent = follow_merge(
                tx, connection_id, loser, winner, reader.mapping.names
            )
            dirty |= {one: is_consent or dirty.get(one, False) for one in touched}
        mark(tx, connection_id, dirty, origin=reader.origin)
    return frozenset(dirty)


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
