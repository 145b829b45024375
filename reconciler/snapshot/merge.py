"""Merge what a complete snapshot shows of Practifi into the mirror, where the mirror differs.

The mirror only ever moves forward in time. Records that nobody has ever seen, with a clear box, are
added as they are; everything else goes the way of every state that was told or read, so that a tick
or an untick is recorded by one piece of code.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from psycopg.rows import dict_row

from bridge.delivery.merges import MERGEABLE, cleared_by_merge
from bridge.delivery.read_back import Reader, made_dirty
from bridge.delivery.work import RECONCILE, mark
from bridge.inbox.merged import follow_missing
from bridge.mirror.advance import advance
from bridge.mirror.model import PractifiRow, client_paths
from reconciler.candidates.store import add_candidates, add_candidates_of
from reconciler.snapshot.stage import SQL
from reconciler.snapshot.staged import allow_much_memory, changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.mirror.advance import Subject
    from bridge.mirror.model import Kind
    from reconciler.runs.context import RunContext

_PLACES = 4_000
_ROWS = 250
_IDS_A_READ = 200


def merge_practifi(context: RunContext, kind: Kind) -> None:
    """Move the mirror forward to the staged records; look up those that are not among them.

    An incremental run has not read what did not change: it looks nothing up.

    Raises:
        RemoteError: If Salesforce does not answer.
    """
    values = {"kind": kind, "begun_at": context.run.started_at}
    merged = 0
    with changes(context, SQL["changed_records"], _PLACES, **values) as found:
        for rows in found:
            plain = [place for place, is_plain in rows if is_plain]
            others = [place for place, is_plain in rows if not is_plain]
            if plain and not _add(context, plain):
                others += plain
            for start in range(0, len(others), _ROWS):
                _advance(context, others[start : start + _ROWS])
            merged += len(rows)
            context.progress(f"merging {kind}s of Practifi", merged)
    if context.run.reads_whole(kind):
        _look_up_missing(context, kind)


def reader_of(context: RunContext) -> Reader:
    """Return what reads single records of the run's organization back."""
    return Reader(
        database=context.installation.database,
        salesforce=context.salesforce(),
        connection=context.connection,
        mapping=context.current.mapping,
        origin="reconcile",
    )


def _add(context: RunContext, places: Sequence[str]) -> bool:
    """Add records that were never seen; return whether that holds for all of them still.

    A full run selects by what both sides hold, so it need not note whom a new record is about.
    """
    values = {
        "connection_id": context.run.connection_id,
        "places": places,
        "candidates": context.run.extent == "incremental",
    }
    with context.installation.database.transaction() as tx:
        ((added,),) = tx.execute(SQL["add_first_sights"], values).fetchall()
        context.renew(tx)
    return bool(added == len(places))


def _advance(context: RunContext, places: Sequence[str]) -> None:
    """Move the mirror forward to some records; whoever they are or were about is a candidate."""
    database, names = context.installation.database, context.current.mapping.names.contact
    with database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
        rows = [
            PractifiRow(**row | {"unknown_fields": tuple(row["unknown_fields"])})
            for row in cursor.execute(SQL["staged_rows"], {"places": places})
        ]
    by_merge = context.patiently(
        partial(cleared_by_merge, database, context.salesforce(), names, rows)
    )
    with database.transaction() as tx:
        moved = advance(
            tx,
            rows,
            client_paths=client_paths(context.current.mapping),
            names=names,
            own_user_id=context.connection.sf_user_id,
            cause_kind="run",
            causes=[str(context.run.id)] * len(rows),
            read_at=context.run.started_at,
            by_merge=by_merge,
        )
        in_doubt = [result for result in moved if result.is_in_doubt]
        dirty = made_dirty(in_doubt)
        connection_id = context.run.connection_id
        mark(tx, connection_id, dirty, lane=RECONCILE, origin="reconcile")
        subjects = {key for result in moved for kind, key in result.subjects if kind == "address"}
        add_candidates(tx, connection_id, subjects)
        add_candidates_of(tx, connection_id, [(row.kind, row.sf_id) for row in rows])
        context.renew(tx)


def _look_up_missing(context: RunContext, kind: Kind) -> None:
    """A record that no page showed is gone, or was saved while they were read: ask for it."""
    connection_id = context.run.connection_id
    with context.installation.database.transaction() as tx:
        values = context.lease.row() | {"kind": kind, "begun_at": context.run.started_at}
        allow_much_memory(tx)
        missing = [row[0] for row in tx.execute(SQL["missing_practifi"], values)]
    reader = reader_of(context)
    for start in range(0, len(missing), _IDS_A_READ):
        ids = missing[start : start + _IDS_A_READ]
        records = [(kind, sf_id) for sf_id in ids]
        with context.installation.database.transaction() as tx:
            add_candidates_of(tx, connection_id, records)
        context.patiently(partial(reader.read, kind, ids, lane=RECONCILE))
        heirs: frozenset[Subject] = frozenset()
        if reader.mapping.names.object_of(kind) == MERGEABLE:
            heirs = context.patiently(partial(follow_missing, reader, ids))
        with context.installation.database.transaction() as tx:
            add_candidates_of(tx, connection_id, records)
            add_candidates(tx, connection_id, {key for _, key in heirs})
        context.progress(f"looking up {kind}s", start + len(ids), len(missing))
