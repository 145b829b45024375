"""Read both sides whole, a page at a time; what was read survives whoever read it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

from bridge.constant_contact.answers import next_href, rows_of, unavailable
from bridge.constant_contact.client import SUBRESOURCES
from bridge.mirror.model import needed_paths
from bridge.salesforce.scan import RECORDS_A_PAGE, read_page
from reconciler.snapshot.stage import stage_practifi, stage_there

if TYPE_CHECKING:
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


def read_practifi(context: RunContext, kind: Kind) -> None:
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


def read_there(context: RunContext, kind: Literal["list", "contact"]) -> None:
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


def _page(
    context: RunContext, kind: Kind, paths: tuple[str, ...], after: str | None
) -> list[Record]:
    name = context.current.mapping.names.object_of(kind)
    return read_page(context.salesforce(), name, paths, after=after)
