"""How lists and contacts of Constant Contact are read for a run.

Pages go on at the vendor's own addresses. Such an address ends after a day, and a run may wait that
long for its calls.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from bridge.constant_contact.answers import next_href, rows_of, unavailable
from bridge.constant_contact.client import SUBRESOURCES
from bridge.errors import NotFoundRemotely, RecordRefused
from reconciler.runs.reads import known_up_to
from reconciler.snapshot.page import Page, PageGone
from reconciler.snapshot.stage import stage_there

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg

    from bridge.runs.model import Extent
    from reconciler.runs.context import RunContext
    from reconciler.snapshot.page import Source

    Resource: TypeAlias = Mapping[str, Any]

KindThere: TypeAlias = Literal["list", "contact"]


class _Kind(NamedTuple):
    first: str
    rows: str
    id: str


PAGES: dict[KindThere, _Kind] = {
    "list": _Kind(
        "contact_lists?status=all&include_membership_count=all&limit=500", "lists", "list_id"
    ),
    "contact": _Kind(
        f"contacts?status=all&include={SUBRESOURCES}&limit=500", "contacts", "contact_id"
    ),
}

_STAMPS = ("updated", "optout")
"""Unsubscribing moves no contact's `updated_at`: whoever opted out is asked for as well."""


def source_of(context: RunContext, kind: KindThere) -> Source[Resource]:
    """Return how lists or contacts are read in this run."""
    if context.run.reads_whole(kind):
        return Whole(context, kind)
    with context.installation.database.transaction() as tx:
        return Changes(context, known_up_to(tx, context.lease, f"cc:{kind}"))


class Whole:
    """All lists or contacts of the account, deleted ones too."""

    extent: Extent = "full"

    def __init__(self, context: RunContext, kind: KindThere) -> None:
        self.name = f"cc:{kind}"
        self._context = context
        self._kind: KindThere = kind
        self._seen: set[str] = set()

    @property
    def answered_at(self) -> datetime | None:
        """When Constant Contact answered last, by its own clock (UTC)."""
        return self._context.constant_contact().answered_at

    def page(self, cursor: str | None) -> Page[Resource]:
        """Return the page at an address."""
        resources, following = self._read(cursor or PAGES[self._kind].first, is_first=not cursor)
        return Page(rows=resources, cursor=following, is_last=following is None)

    def stage(self, tx: psycopg.Connection[Any], rows: Sequence[Resource]) -> None:
        """Put a page into the staging tables."""
        stage_there(tx, self._context, self._kind, PAGES[self._kind].id, rows)

    def leave(self, cursor: str | None) -> None:
        """There is nothing to tidy up."""

    def _read(self, href: str, *, is_first: bool) -> tuple[list[dict[str, Any]], str | None]:
        """Return what is on a page, and the address of the next one."""
        if is_first:
            self._seen.clear()
        try:
            answer = self._context.constant_contact().get(href)
        except (RecordRefused, NotFoundRemotely) as error:
            if is_first:
                raise
            # Only the vendor's own address is in the call: what it refuses is that.
            raise PageGone(str(error)) from None
        self._seen.add(href)
        following = next_href(answer)
        if following is not None and following in self._seen:
            raise unavailable("the pages go round in a circle")
        kind = PAGES[self._kind]
        return rows_of(answer, kind.rows, kind.id), following


class Changes(Whole):
    """The contacts that changed since the run before, deleted ones too.

    A cursor is the number of its walk and the address of its next page, which the first has not.
    """

    extent: Extent = "incremental"

    def __init__(self, context: RunContext, since: datetime) -> None:
        super().__init__(context, "contact")
        moment = since.astimezone(UTC)
        self._walks = [
            f"{PAGES['contact'].first}&{stamp}_after={moment:%Y-%m-%dT%H:%M:%SZ}"
            for stamp in _STAMPS
        ]

    def page(self, cursor: str | None) -> Page[Resource]:
        """Return the page at an address, or the first one of the next walk."""
        number, _, href = (cursor or "0").partition(" ")
        walk = int(number)
        resources, following = self._read(href or self._walks[walk], is_first=not href)
        return Page(
            rows=resources,
            cursor=f"{walk + 1}" if following is None else f"{walk} {following}",
            is_last=following is None and walk + 1 == len(self._walks),
        )
