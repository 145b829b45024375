"""The records of a kind that changed since the run before, or of which a parent changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.errors import Forbidden
from bridge.mapping.reads import parents_of
from bridge.mirror.model import needed_paths
from bridge.salesforce.changes import Behind, behind, read_changed, read_changed_by_parent
from bridge.salesforce.children import children_at
from bridge.salesforce.scan import RECORDS_A_PAGE
from reconciler.snapshot.page import Page
from reconciler.snapshot.stage import stage_practifi

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    import psycopg

    from bridge.mirror.model import Kind
    from bridge.runs.model import Extent
    from bridge.salesforce.values import Record
    from reconciler.runs.context import RunContext


class Changes:
    """Walks over the changes: the first by the record's own stamp, one more for each parent.

    A cursor is the number of its walk and, within it, the last record's stamp and id, or its id.
    """

    extent: Extent = "incremental"

    def __init__(self, context: RunContext, kind: Kind, since: datetime) -> None:
        self.name = f"practifi:{kind}"
        self._context = context
        self._kind = kind
        self._since = since
        self._object = context.current.mapping.names.object_of(kind)
        self._paths = needed_paths(kind, context.current.mapping)
        self._parents = parents_shown(self._paths)

    @property
    def answered_at(self) -> datetime | None:
        """When Salesforce answered last, by its own clock (UTC)."""
        return self._context.salesforce().answered_at

    def page(self, cursor: str | None) -> Page[Record]:
        """Return the records behind the last one of a walk, or the first of the next walk."""
        text, *last = (cursor or "0").split(" ")
        walk = int(text)
        records = self._changed(last) if walk == 0 else self._changed_by(walk - 1, last)
        is_over = len(records) < RECORDS_A_PAGE
        return Page(
            rows=records,
            cursor=str(walk + 1) if is_over else f"{walk} {_end(records, by_stamp=walk == 0)}",
            is_last=is_over and walk >= len(self._parents),
        )

    def stage(self, tx: psycopg.Connection[Any], rows: Sequence[Record]) -> None:
        """Put a page into the staging tables."""
        stage_practifi(tx, self._context, self._kind, rows)

    def leave(self, cursor: str | None) -> None:
        """There is nothing to tidy up."""

    def _changed(self, last: Sequence[str]) -> list[Record]:
        return read_changed(
            self._context.salesforce(),
            self._object,
            self._paths,
            since=self._since,
            after=Behind(*last) if last else None,
            count=RECORDS_A_PAGE,
        )

    def _changed_by(self, number: int, last: Sequence[str]) -> list[Record]:
        if number >= len(self._parents):
            return []  # another mapping came into force meanwhile, which shows fewer of them
        parent = self._parents[number]
        try:
            return read_changed_by_parent(
                self._context.salesforce(),
                self._object,
                self._paths,
                parent,
                since=self._since,
                after=last[0] if last else None,
                count=RECORDS_A_PAGE,
            )
        except Forbidden:
            # An owner may be a user or a queue, and of such a parent nobody is told the stamp.
            with self._context.installation.database.transaction() as tx:
                self._context.note(
                    tx,
                    f"{self._kind}s in Practifi: a change of {parent} is seen when everything is "
                    "read",
                )
            return []


def parents_shown(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the parents of which a record shows fields, each as a path.

    >>> parents_shown(["Id", "Account.Name", "Account.Owner.Name", "Account.Type"])
    ('Account', 'Account.Owner')
    """
    own = [path for path in paths if children_at(path) is None]
    return tuple(dict.fromkeys(parent for path in own for parent in parents_of(path)))


def _end(records: Sequence[Record], *, by_stamp: bool) -> str:
    last = behind(records[-1])
    return f"{last.stamp} {last.record_id}" if by_stamp else last.record_id
