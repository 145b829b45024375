"""Read both sides whole, a page at a time; what was read survives whoever read it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from bridge.constant_contact.answers import next_href, rows_of, unavailable
from bridge.constant_contact.client import SUBRESOURCES
from bridge.mirror.model import needed_paths
from bridge.salesforce.scan import RECORDS_A_PAGE, read_page
from reconciler.runs.reads import Read, accepts_fewer, keep_reads, rows_before
from reconciler.snapshot.shrunk import refuse_shrunk
from reconciler.snapshot.stage import stage_practifi, stage_there

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.mirror.model import Kind
    from bridge.salesforce.values import Record
    from reconciler.runs.context import RunContext

_PAGES: dict[str, tuple[str, str, str]] = {
    "list": (
        "contact_lists?status=all&include_membership_count=all&limit=500",
        "lists",
        "list_id",
    ),
    "contact": (f"contacts?status=all&include={SUBRESOURCES}&limit=500", "contacts", "contact_id"),
}


def read_both(
    context: RunContext, kinds: Sequence[Kind], kinds_there: Sequence[Literal["list", "contact"]]
) -> None:
    """Stage what a job compares of both sides; nothing else has been written when this returns.

    Raises:
        SourceShrunk: If a source gave nothing, or less than half of what it gave before.
        RemoteError: If a side does not answer, a minute long.
        QuotaSpent: If the day has no call left.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    reads = [read_practifi(context, kind) for kind in kinds]
    reads += [read_there(context, kind) for kind in kinds_there]
    _believe(context, reads)


def _believe(context: RunContext, reads: Sequence[Read]) -> None:
    """Keep what was read for the runs that follow, unless it is too little to be believed."""
    whole = {read.source: read.row_count for read in reads if read.extent == "full"}
    with context.installation.database.transaction() as tx:
        if not accepts_fewer(tx, context.lease):
            before = rows_before(tx, context.lease, list(whole))
            counts = {source: (rows, before[source]) for source, rows in whole.items()}
            refuse_shrunk(context.run.job, counts)
        keep_reads(tx, context.lease, reads)
        context.renew(tx)


def read_practifi(context: RunContext, kind: Kind) -> Read:
    """Stage all records of a kind, from where a former process left off.

    Raises:
        RemoteError: If Salesforce does not answer, a minute long.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    mapping = context.current.mapping
    paths = needed_paths(kind, mapping)
    source = f"practifi:{kind}"
    with context.installation.database.transaction() as tx:
        point = context.checkpoint(tx, source)
    after, count, is_complete = point.cursor, point.row_count, point.complete
    while not is_complete:
        records = context.patiently(partial(_page, context, kind, paths, after))
        is_complete = len(records) < RECORDS_A_PAGE
        count += len(records)
        after = records[-1]["Id"] if records else after
        with context.installation.database.transaction() as tx:
            stage_practifi(tx, context, kind, records)
            context.save_checkpoint(tx, source, cursor=after, row_count=count, complete=is_complete)
            context.renew(tx)
        context.progress(f"reading {kind}s in Practifi", count)
    return Read(source=source, extent="full", row_count=count)


def read_there(context: RunContext, kind: Literal["list", "contact"]) -> Read:
    """Stage all lists or contacts of the account, deleted ones too, from where it was left off.

    Raises:
        RemoteError: If Constant Contact does not answer, a minute long.
        QuotaSpent: If the day has no call left.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    first, rows_name, id_name = _PAGES[kind]
    source = f"cc:{kind}"
    there = context.constant_contact()
    with context.installation.database.transaction() as tx:
        point = context.checkpoint(tx, source)
    href = point.cursor or first
    count, is_complete = point.row_count, point.complete
    seen = {point.cursor}
    while not is_complete:
        answer = context.patiently(partial(there.get, href))
        resources = rows_of(answer, rows_name, id_name)
        following = next_href(answer)
        is_complete = following is None
        if following in seen and not is_complete:
            raise unavailable("the pages go round in a circle")
        seen.add(following)
        count += len(resources)
        with context.installation.database.transaction() as tx:
            stage_there(tx, context, kind, id_name, resources)
            context.save_checkpoint(
                tx, source, cursor=following, row_count=count, complete=is_complete
            )
            context.renew(tx)
        href = following or href
        context.progress(f"reading {kind}s in Constant Contact", count)
    return Read(source=source, extent="full", row_count=count)


def _page(
    context: RunContext, kind: Kind, paths: tuple[str, ...], after: str | None
) -> list[Record]:
    name = context.current.mapping.names.object_of(kind)
    return read_page(context.salesforce(), name, paths, after=after)
