"""Read the events of one kind of one mailing, newest first, down to what is known for certain."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from bridge.constant_contact.answers import unavailable
from bridge.constant_contact.reports import TrackingPage
from bridge.db.queries import load_queries
from bridge.errors import NotFoundRemotely, RecordRefused
from bridge.mirror.model import parse_moment
from reconciler.activities.looks import OVERLAP
from reconciler.activities.optouts import record_opt_outs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    from bridge.constant_contact.reports import Reports, TrackingRow
    from bridge.mapping.interaction import EventKind
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import Checkpoint

log = logging.getLogger(__name__)

SQL = load_queries("reconciler.activities", "reading.sql")


def read_kind(
    context: RunContext,
    reports: Reports,
    mailing_id: UUID,
    kind: EventKind,
    until: datetime | None,
    *,
    told: int | None = None,
) -> None:
    """Read what is newer than `until`, with an overlap; everything where that is None.

    Each page is committed with the place of the next one. Only at the end is the kind done and the
    newest event known for certain.

    Args:
        context: The run.
        reports: Where the events are.
        mailing_id: The mailing.
        kind: What happened.
        until: The newest event up to which everything is known (UTC).
        told: How many events there are, as counts say that were just asked for; reading ends
            where so many are held, without the overlap. None: an earlier reading did not come
            to its end, so that as many may be held and others be missing.

    Raises:
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
        RemoteError: If Constant Contact does not do its part.
    """
    source = f"events {mailing_id} {kind}"
    with context.installation.database.transaction() as tx:
        place = _place(context.checkpoint(tx, source))
    seen: set[str] = set()
    while True:
        page = _page(context, reports, mailing_id, kind, place.href)
        place = place.after(page, oldest=None if until is None else until - OVERLAP)
        if place.href in seen:
            raise unavailable("the pages of a report go round in a circle")
        with context.installation.database.transaction() as tx:
            new = _keep(tx, context.connection.id, mailing_id, kind, page.rows)
            is_met = until is not None and told is not None and new < len(page.rows)
            if is_met and _are_all_held(tx, context.connection.id, mailing_id, kind, told or 0):
                place = replace(place, href=None)
            context.save_checkpoint(
                tx,
                source,
                cursor=place.as_cursor(),
                row_count=place.count,
                complete=place.href is None,
            )
            if place.href is None:
                _end(tx, context.connection.id, mailing_id, kind, place.newest)
            context.renew(tx)
        if place.href is None:
            return
        seen.add(place.href)


@dataclass(frozen=True, kw_only=True)
class _Place:
    """How far one kind of events was read.

    Attributes:
        href: Where the next page is; None: at the beginning, or there is nothing left to read.
        newest: The newest event that was seen.
        count: Rows that were seen.
    """

    href: str | None = None
    newest: datetime | None = None
    count: int = 0

    def after(self, page: TrackingPage, *, oldest: datetime | None) -> _Place:
        """Return the place after a page; what is older than `oldest` is known already."""
        times = [row.occurred_at for row in page.rows]
        is_known = oldest is not None and any(time < oldest for time in times)
        return _Place(
            href=None if is_known else page.next_href,
            newest=max(filter(None, (self.newest, *times)), default=None),
            count=self.count + len(times),
        )

    def as_cursor(self) -> str:
        """Return what a checkpoint keeps."""
        newest = self.newest.isoformat() if self.newest else None
        return json.dumps({"href": self.href, "newest": newest})


def _place(point: Checkpoint) -> _Place:
    """Return where to go on; a kind that moved again after its end is read from the beginning."""
    if point.cursor is None or point.complete:
        return _Place()
    kept = json.loads(point.cursor)
    return _Place(href=kept["href"], newest=parse_moment(kept["newest"]), count=point.row_count)


def _page(
    context: RunContext, reports: Reports, mailing_id: UUID, kind: EventKind, href: str | None
) -> TrackingPage:
    """Return a page: the first one where the place is gone there, none where the mailing is."""
    try:
        return context.patiently(lambda: reports.events(mailing_id, kind, href))
    except (NotFoundRemotely, RecordRefused) as error:
        if href is None and isinstance(error, RecordRefused):
            raise
        extra = {"mailing": str(mailing_id), "kind": kind, "error": type(error).__name__}
        log.info("report_gone", extra=extra)
    if href is None:
        return TrackingPage(rows=(), next_href=None)
    return _page(context, reports, mailing_id, kind, None)


def _keep(
    tx: psycopg.Connection,
    connection_id: int,
    mailing_id: UUID,
    kind: EventKind,
    rows: Sequence[TrackingRow],
) -> int:
    """Keep the events of a page and return how many of them were not known."""
    values = {
        "connection_id": connection_id,
        "campaign_activity_id": mailing_id,
        "kind": kind,
        "contact_ids": [row.contact_id for row in rows],
        "occurred_at": [row.occurred_at for row in rows],
        "url_ids": [row.url_id for row in rows],
        "details": [json.dumps(row.detail) if row.detail else "{}" for row in rows],
    }
    ((new, contact_ids, times),) = tx.execute(SQL["keep_events"], values).fetchall()
    if contact_ids:
        opted_out = set(zip(map(str, contact_ids), times, strict=True))
        addresses = {
            (UUID(row.contact_id), row.occurred_at): row.email_address
            for row in rows
            if (row.contact_id, row.occurred_at) in opted_out
        }
        record_opt_outs(tx, connection_id, mailing_id, addresses)
    return int(new)


def _are_all_held(
    tx: psycopg.Connection, connection_id: int, mailing_id: UUID, kind: EventKind, told: int
) -> bool:
    values = {"connection_id": connection_id, "campaign_activity_id": mailing_id, "kind": kind}
    ((held,),) = tx.execute(SQL["held"], values).fetchall()
    return bool(held == told)


def _end(
    tx: psycopg.Connection,
    connection_id: int,
    mailing_id: UUID,
    kind: EventKind,
    newest: datetime | None,
) -> None:
    values = {"connection_id": connection_id, "campaign_activity_id": mailing_id}
    tx.execute(SQL["end_kind"], values | {"kind": kind, "newest": newest})
    if kind == "send":
        tx.execute(SQL["keep_sent_times"], values)
