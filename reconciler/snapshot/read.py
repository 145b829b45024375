"""Read both sides, a page at a time; what was read survives whoever read it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reconciler.runs.halt import RunCancelled
from reconciler.runs.reads import (
    Read,
    accepts_fewer,
    believe_reads,
    keep_read,
    reads_of,
    rows_before,
)
from reconciler.snapshot import practifi, there
from reconciler.snapshot.page import PageGone
from reconciler.snapshot.shrunk import refuse_shrunk, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.mirror.model import Kind
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import Checkpoint
    from reconciler.snapshot.page import Page, Row, Source

_RESTARTS = 3


def read_both(
    context: RunContext, kinds: Sequence[Kind], kinds_there: Sequence[there.KindThere]
) -> None:
    """Stage what a job compares of both sides; nothing else has been written when this returns.

    Raises:
        SourceShrunk: If a source gave nothing, or less than half of what it gave before.
        PageGone: If a source had to be begun anew too often.
        RemoteError: If a side does not answer, a minute long.
        QuotaSpent: If the day has no call left.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    for kind in kinds:
        begun = _begun(context, f"practifi:{kind}")
        _read(context, practifi.source_of(context, kind, begun), begun)
    for kind_there in kinds_there:
        begun = _begun(context, f"cc:{kind_there}")
        _read(context, there.source_of(context, kind_there), begun)
    _believe(context)


def _begun(context: RunContext, name: str) -> Checkpoint:
    with context.installation.database.transaction() as tx:
        return context.checkpoint(tx, name)


def _read(context: RunContext, source: Source[Row], begun: Checkpoint) -> None:
    """Stage a source from where a former process left off, or anew where that is not possible."""
    cursor, count, is_complete = begun.cursor, begun.row_count, begun.complete
    try:
        while not is_complete:
            try:
                page = context.patiently(partial(source.page, cursor))
            except PageGone as error:
                _begin_anew(context, source, error)
                cursor, count = None, 0
                continue
            count += len(page.rows)
            _keep(context, source, page, count)
            cursor, is_complete = page.cursor, page.is_last
            context.progress(f"reading {words(source.name)}", count)
    except RunCancelled:
        source.leave(cursor)
        raise
    source.leave(cursor)


def _keep(context: RunContext, source: Source[Row], page: Page[Row], count: int) -> None:
    with context.installation.database.transaction() as tx:
        source.stage(tx, page.rows)
        context.save_checkpoint(
            tx, source.name, cursor=page.cursor, row_count=count, complete=page.is_last
        )
        if page.is_last:
            keep_read(
                tx,
                context.lease,
                Read(source=source.name, extent=source.extent, row_count=count),
                answered_at=source.answered_at,
                mapping_version_id=context.current.version_id,
            )
        context.renew(tx)


def _begin_anew(context: RunContext, source: Source[Row], error: PageGone) -> None:
    """Empty what was staged of a source, and say so; an end after the third time."""
    with context.installation.database.transaction() as tx:
        times = context.restart(tx, source.name)
        if times > _RESTARTS:
            raise PageGone(
                f"{words(source.name)} were begun anew {_RESTARTS} times, and again the other side "
                f"does not know where to go on: run it again ({error})"
            ) from None
        context.note(tx, f"{words(source.name)} were read again from the start: {error}")
        context.renew(tx)


def _believe(context: RunContext) -> None:
    """Let the runs that follow go by what was read, unless it is too little to be believed."""
    with context.installation.database.transaction() as tx:
        reads = reads_of(tx, context.lease)
        whole = {read.source: read.row_count for read in reads if read.extent == "full"}
        if not accepts_fewer(tx, context.lease):
            before = rows_before(tx, context.lease, list(whole))
            counts = {source: (rows, before[source]) for source, rows in whole.items()}
            refuse_shrunk(context.run.job, counts)
        believe_reads(tx, context.lease)
        context.renew(tx)
