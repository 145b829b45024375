"""All records of a kind by one bulk query: some calls where pages would be hundreds.

The cursor names the job and where its next results begin, so whoever goes on reads on; where
Salesforce does not know the job any more, another one is begun.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from bridge.errors import BridgeError, Conflict, NotFoundRemotely
from bridge.mirror.model import needed_paths
from bridge.salesforce.answers import unavailable
from reconciler.runs.reads import rows_before
from reconciler.snapshot.page import Page, PageGone
from reconciler.snapshot.stage import stage_practifi

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    from bridge.mirror.model import Kind
    from bridge.runs.model import Extent
    from bridge.salesforce.values import Record
    from reconciler.runs.context import RunContext

log = logging.getLogger(__name__)

RECORDS_A_PAGE = 5_000
"""Some 20 MB in Python; a page and its checkpoint are one transaction."""

_MARK = "bulk"
_WAITS_S = (0.2, 0.5, 1.0, 2.0, 5.0)
_PATIENCE_S = 3600.0


def is_bulk(cursor: str | None) -> bool:
    """Tell whether a cursor is that of a bulk query.

    >>> is_bulk("bulk 750R0000000zlh9IAA "), is_bulk("0035g000000IodAAAS"), is_bulk(None)
    (True, False, False)
    """
    return cursor is not None and cursor.startswith(f"{_MARK} ")


def pays(context: RunContext, kind: Kind) -> bool:
    """Tell whether there are so many records that a bulk query is cheaper than pages.

    Asked of Salesforce only where the last read, or the mirror, says that it may be so: a small
    firm pays no call for it.
    """
    above = context.installation.settings.bulk_above
    source = f"practifi:{kind}"
    with context.installation.database.transaction() as tx:
        before = rows_before(tx, context.lease, [source])[source]
    if 2 * before <= above:
        return False
    name = context.current.mapping.names.object_of(kind)
    return context.patiently(lambda: context.salesforce().count_all(name)) > above


class InBulk:
    """All records of a kind, from the results of a query job."""

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
        """Begin the job, or return results of it once they are there."""
        queries = self._context.salesforce().bulk_queries
        if cursor is None:
            job_id = queries.begin(self._object, self._paths)
            return Page(rows=(), cursor=_cursor(job_id, None), is_last=False)
        job_id, locator = _place(cursor)
        try:
            self._wait(job_id)
            found = queries.page(job_id, self._paths, locator, RECORDS_A_PAGE)
        except NotFoundRemotely as error:
            raise PageGone(str(error)) from None
        except Conflict as error:
            if error.key != "INVALID_QUERY_LOCATOR":
                raise
            raise PageGone(str(error)) from None
        return Page(
            rows=found.records,
            cursor=_cursor(job_id, found.locator),
            is_last=found.locator is None,
        )

    def stage(self, tx: psycopg.Connection[Any], rows: Sequence[Record]) -> None:
        """Put a page into the staging tables."""
        stage_practifi(tx, self._context, self._kind, rows)

    def leave(self, cursor: str | None) -> None:
        """Remove the job; one that stays is gone after a week."""
        if cursor is None:
            return
        try:
            self._context.salesforce().bulk_queries.remove(_place(cursor)[0])
        except BridgeError as error:
            log.info("bulk_query_stays", extra={"error": type(error).__name__})

    def _wait(self, job_id: str) -> None:
        """Wait for the results of a job, an hour at most; it works on where nobody waits."""
        queries = self._context.salesforce().bulk_queries
        until = time.monotonic() + _PATIENCE_S
        turn = 0
        while not queries.is_complete(job_id):
            if time.monotonic() >= until:
                raise unavailable("a bulk query takes longer than an hour")
            self._context.progress(f"waiting for the {self._kind}s of Practifi", 0)
            self._context.halt.wait(_WAITS_S[min(turn, len(_WAITS_S) - 1)])
            turn += 1


def _cursor(job_id: str, locator: str | None) -> str:
    return f"{_MARK} {job_id} {locator or ''}"


def _place(cursor: str) -> tuple[str, str | None]:
    """Return job and locator.

    >>> _place("bulk 750R0000000zlh9IAA MTAwMDA"), _place("bulk 750R0000000zlh9IAA ")
    (('750R0000000zlh9IAA', 'MTAwMDA'), ('750R0000000zlh9IAA', None))
    """
    _, job_id, locator = cursor.split(" ", 2)
    return job_id, locator or None
