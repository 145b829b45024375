"""Read the events of one kind of one mailing, newest first, down to what is known for certain."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from bridge.constant_contact.answers import unavailable
from bridge.constant_contact.reports import TrackingPage
from bridge.db.queries import load_queries
from bridge.errors import NotFoundRemotely, RecordRefused
from bridge.mirror.model import parse_moment
from reconciler.activities.keep import Keeper
from reconciler.activities.looks import OVERLAP
from reconciler.ahead import Behind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from bridge.constant_contact.reports import Reports, TrackingRow
    from bridge.mapping.interaction import EventKind
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import Checkpoint

log = logging.getLogger(__name__)

SQL = load_queries("reconciler.activities", "reading.sql")

_TOGETHER_S = 0.3
_MOST_TOGETHER = 5_000


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

    Pages are committed with the place of the next one: each by itself, but those that come faster
    than a few a second together, where none of them decides whether to go on. Only at the end is
    the kind done and the newest event known for certain.

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
    reading = _Reading(context, mailing_id, kind, until, told)
    with context.installation.database.transaction() as tx:
        place = _place(context.checkpoint(tx, reading.source))
    seen: set[str] = set()
    rows: list[TrackingRow] = []
    began_s = time.monotonic()
    with Behind() as behind:
        while True:
            page = _page(context, reports, mailing_id, kind, place.href)
            place = place.after(page, oldest=None if until is None else until - OVERLAP)
            if place.href in seen:
                raise unavailable("the pages of a report go round in a circle")
            rows += page.rows
            if place.href is not None:
                seen.add(place.href)
                is_soon = time.monotonic() - began_s < _TOGETHER_S
                if until is None and is_soon and len(rows) < _MOST_TOGETHER:
                    context.halt.check()
                    continue
            if until is None and place.href is not None:
                behind.do(partial(reading.keep, rows, place))
            else:
                behind.wait()
                if reading.keep(rows, place):
                    return
            rows, began_s = [], time.monotonic()


class _Reading:
    """Keeps what is read of one kind of events of one mailing."""

    def __init__(
        self,
        context: RunContext,
        mailing_id: UUID,
        kind: EventKind,
        until: datetime | None,
        told: int | None,
    ) -> None:
        self.source = f"events {mailing_id} {kind}"
        self._context = context
        self._at = {
            "connection_id": context.connection.id,
            "campaign_activity_id": mailing_id,
            "kind": kind,
        }
        self._keeper = Keeper(context.connection.id, mailing_id, kind, is_first=until is None)
        self._told = None if until is None else told

    def keep(self, rows: Sequence[TrackingRow], place: _Place) -> bool:
        """Keep events and the place after them; tell whether that is the end."""
        context = self._context
        with context.installation.database.transaction() as tx:
            new = self._keeper.keep(tx, rows)
            is_met = self._told is not None and new < len(rows)
            if is_met and self._keeper.held(tx) == self._told:
                place = replace(place, href=None)
            context.save_checkpoint(
                tx,
                self.source,
                cursor=place.as_cursor(),
                row_count=place.count,
                complete=place.href is None,
            )
            if place.href is None:
                tx.execute(SQL["end_kind"], self._at | {"newest": place.newest})
                if self._at["kind"] == "send":
                    tx.execute(SQL["keep_sent_times"], self._at)
            context.renew(tx)
        return place.href is None


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
