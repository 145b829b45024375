"""Merge a complete snapshot into the mirror, which only ever moves forward in time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from bridge.delivery.merges import cleared_by_merge
from bridge.delivery.read_back import Reader, made_dirty
from bridge.delivery.work import RECONCILE, mark
from bridge.errors import NotFoundRemotely
from bridge.mirror.advance import advance
from bridge.mirror.model import client_paths, row_of
from bridge.mirror.remember import (
    forget_cc_contact,
    forget_cc_list,
    remember_cc_contact,
    remember_cc_list,
)
from reconciler.snapshot.stage import SQL

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.mirror.model import Kind
    from reconciler.runs.context import RunContext

_ROWS = 500
_IDS_A_READ = 200


def merge_practifi(context: RunContext, kind: Kind) -> None:
    """Move the mirror forward to the staged records; look up those that are not among them.

    Raises:
        RemoteError: If Salesforce does not answer.
    """
    database = context.installation.database
    mapping = context.current.mapping
    begun_at = context.run.started_at
    after, merged = "", 0
    while True:
        with database.transaction() as tx:
            values = context.lease.row() | {"kind": kind, "after": after, "count": _ROWS}
            found = tx.execute(SQL["staged_practifi"], values).fetchall()
        rows = [
            row_of(context.run.connection_id, kind, record, mapping, source="snapshot")
            for _, record in found
        ]
        salesforce, names = context.salesforce(), mapping.names.contact
        by_merge = context.patiently(partial(cleared_by_merge, database, salesforce, names, rows))
        with database.transaction() as tx:
            moved = advance(
                tx,
                rows,
                client_paths=client_paths(mapping),
                names=mapping.names.contact,
                own_user_id=context.connection.sf_user_id,
                cause_kind="run",
                causes=[str(context.run.id)] * len(rows),
                read_at=begun_at,
                by_merge=by_merge,
            )
            in_doubt = [result for result in moved if result.is_in_doubt]
            mark(
                tx,
                context.run.connection_id,
                made_dirty(in_doubt),
                lane=RECONCILE,
                origin="reconcile",
            )
            context.renew(tx)
        merged += len(found)
        context.progress(f"comparing {kind}s in Practifi", merged)
        if len(found) < _ROWS:
            break
        after = found[-1][0]
    if context.run.reads_whole(kind):
        _look_up_missing(context, kind, begun_at)


def reader_of(context: RunContext) -> Reader:
    """Return what reads single records of the run's organization back."""
    return Reader(
        database=context.installation.database,
        salesforce=context.salesforce(),
        connection=context.connection,
        mapping=context.current.mapping,
        origin="reconcile",
    )


def merge_there(context: RunContext, kind: Literal["list", "contact"]) -> None:
    """Move the mirror forward to the staged lists or contacts; look up those not among them.

    Raises:
        RemoteError: If Constant Contact does not answer.
    """
    if kind == "list":
        _merge_lists(context)
    else:
        _merge_contacts(context)


def _look_up_missing(context: RunContext, kind: Kind, begun_at: datetime) -> None:
    """A record that no page showed is gone, or was saved while they were read: ask for it."""
    with context.installation.database.transaction() as tx:
        values = context.lease.row() | {"kind": kind, "begun_at": begun_at}
        missing = [row[0] for row in tx.execute(SQL["missing_practifi"], values)]
    reader = reader_of(context)
    for start in range(0, len(missing), _IDS_A_READ):
        ids = missing[start : start + _IDS_A_READ]
        context.patiently(partial(reader.read, kind, ids, lane=RECONCILE))
        context.progress(f"looking up {kind}s", start + len(ids), len(missing))


def _merge_lists(context: RunContext) -> None:
    connection_id = context.run.connection_id
    with context.installation.database.transaction() as tx:
        values = context.lease.row() | {"begun_at": context.run.started_at}
        for (there,) in tx.execute(SQL["changed_cc_lists"], values).fetchall():
            remember_cc_list(tx, connection_id, there)
        for (list_id,) in tx.execute(SQL["missing_cc_lists"], values).fetchall():
            forget_cc_list(tx, connection_id, list_id)
        context.renew(tx)


def _merge_contacts(context: RunContext) -> None:
    database = context.installation.database
    connection_id = context.run.connection_id
    begun_at = context.run.started_at
    after, merged = str(UUID(int=0)), 0
    while True:
        with database.transaction() as tx:
            values = context.lease.row() | {"begun_at": begun_at, "after": after, "count": _ROWS}
            found = tx.execute(SQL["changed_cc_contacts"], values).fetchall()
            for _, resource in found:
                remember_cc_contact(tx, connection_id, resource)
            context.renew(tx)
        merged += len(found)
        context.progress("comparing contacts in Constant Contact", merged)
        if len(found) < _ROWS:
            break
        after = found[-1][0]
    if not context.run.reads_whole("contact"):
        return
    with database.transaction() as tx:
        values = context.lease.row() | {"begun_at": begun_at}
        missing = [row[0] for row in tx.execute(SQL["missing_cc_contacts"], values)]
    there = context.constant_contact()
    for done, contact_id in enumerate(missing, start=1):
        try:
            found_now = context.patiently(partial(there.get_contact, contact_id))
        except NotFoundRemotely:
            with database.transaction() as tx:
                forget_cc_contact(tx, connection_id, contact_id)
        else:
            with database.transaction() as tx:
                remember_cc_contact(tx, connection_id, found_now)
        context.progress("looking up contacts", done, len(missing))
