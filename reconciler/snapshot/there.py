"""How lists and contacts of Constant Contact are read for a run.

Pages go on at the vendor's own addresses. Such an address ends after a day, and a run may wait that
long for its calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from bridge.constant_contact.answers import next_href, rows_of, unavailable
from bridge.constant_contact.client import SUBRESOURCES
from bridge.errors import NotFoundRemotely, RecordRefused
from reconciler.snapshot.page import Page, PageGone
from reconciler.snapshot.stage import stage_there

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psycopg

    from reconciler.runs.context import RunContext
    from reconciler.runs.model import Extent

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


class Whole:
    """All lists or contacts of the account, deleted ones too."""

    extent: Extent = "full"

    def __init__(self, context: RunContext, kind: KindThere) -> None:
        self.name = f"cc:{kind}"
        self._context = context
        self._kind: KindThere = kind
        self._seen: set[str] = set()

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
