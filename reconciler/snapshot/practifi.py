"""How records of Practifi are read for a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.mirror.model import needed_paths
from bridge.salesforce.children import children_at
from bridge.salesforce.scan import RECORDS_A_PAGE, read_page
from reconciler.runs.reads import known_up_to
from reconciler.snapshot.in_bulk import InBulk, is_bulk, pays
from reconciler.snapshot.page import Page
from reconciler.snapshot.practifi_changes import Changes
from reconciler.snapshot.stage import stage_practifi

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    from bridge.mirror.model import Kind
    from bridge.runs.model import Extent
    from bridge.salesforce.values import Record
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import Checkpoint
    from reconciler.snapshot.page import Source


def source_of(context: RunContext, kind: Kind, begun: Checkpoint) -> Source[Record]:
    """Return how records of a kind are read: as they were begun to be, else as is cheaper."""
    paths = needed_paths(kind, context.current.mapping)
    if any(children_at(path) for path in paths):
        # Child records leave the stamp of their parent alone, and a bulk query cannot ask for them.
        return ById(context, kind)
    if not context.run.reads_whole(kind):
        with context.installation.database.transaction() as tx:
            return Changes(context, kind, known_up_to(tx, context.lease, f"practifi:{kind}"))
    is_begun = begun.cursor is not None or begun.complete
    if is_bulk(begun.cursor) or (not is_begun and pays(context, kind)):
        return InBulk(context, kind)
    return ById(context, kind)


class ById:
    """All records of a kind, page by page in the order of their ids: a cursor never ends."""

    extent: Extent = "full"

    def __init__(self, context: RunContext, kind: Kind) -> None:
        self.name = f"practifi:{kind}"
        self._context = context
        self._kind = kind
        self._object = context.current.mapping.names.object_of(kind)
        self._paths = needed_paths(kind, context.current.mapping)

    @property
    def answered_at(self) -> datetime | None:
        """When Salesforce answered last, by its own clock (UTC)."""
        return self._context.salesforce().answered_at

    def page(self, cursor: str | None) -> Page[Record]:
        """Return the records behind an id."""
        salesforce = self._context.salesforce()
        records = read_page(
            salesforce, self._object, self._paths, after=cursor, count=RECORDS_A_PAGE
        )
        return Page(
            rows=records,
            cursor=records[-1]["Id"] if records else cursor,
            is_last=len(records) < RECORDS_A_PAGE,
        )

    def stage(self, tx: psycopg.Connection[Any], rows: Sequence[Record]) -> None:
        """Put a page into the staging tables."""
        stage_practifi(tx, self._context, self._kind, rows)

    def leave(self, cursor: str | None) -> None:
        """There is nothing to tidy up."""
