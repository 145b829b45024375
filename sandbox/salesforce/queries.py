"""Queries and their pages: a cursor remembers which records it has still to show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.salesforce import record_access
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.soql.evaluate import Selection
from sandbox.salesforce.soql.parser import parse

if TYPE_CHECKING:
    from sandbox.salesforce.org import Org

PAGE_COUNT = 2_000
LEAST_PAGE_COUNT = 200
CURSOR_LIVES = timedelta(minutes=15)
CURSORS_KEPT_COUNT = 10
"""Open cursors a user may have; the oldest closes for a new one."""


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """A query that has more records than one page."""

    text: str
    ids: tuple[str, ...]
    page_count: int
    user_id: str
    used_at: datetime


class Queries:
    """Runs queries for users and keeps their cursors.

    Attributes:
        cursors: By the id in `nextRecordsUrl`.
    """

    def __init__(self, org: Org) -> None:
        self._org = org
        self.cursors: dict[str, Cursor] = {}

    def run(
        self, text: str, *, user_id: str, version: str, deleted_too: bool, page_count: int
    ) -> dict[str, object]:
        """Return the first page of a query.

        Args:
            text: The query.
            user_id: Who asks.
            version: API version for the URLs in the answer.
            deleted_too: Whether records in the recycle bin take part.
            page_count: Most records of a page, 200 to 2,000.

        Raises:
            ApiError: If the query is malformed or names what is not there.
        """
        query = parse(text)
        selection = Selection(self._org, query)
        if selection.source.name == record_access.NAME:
            rows = record_access.rows(self._org, query)
            records = [selection.shown(row, version=version) for row in rows]
            return {"totalSize": len(records), "done": True, "records": records}
        if selection.is_grouped:
            records = selection.groups(deleted_too=deleted_too)
            return {"totalSize": len(records), "done": True, "records": records}
        ids = selection.ids(deleted_too=deleted_too)
        if selection.is_count:
            return {"totalSize": len(ids), "done": True, "records": []}
        cursor = Cursor(
            text=text, ids=ids, page_count=page_count, user_id=user_id, used_at=self._org.now()
        )
        cursor_id = self._org.serials.new("01g") if len(ids) > page_count else ""
        if cursor_id:
            self._keep(cursor_id, cursor)
        return _page(selection, cursor, 0, cursor_id=cursor_id, version=version)

    def more(self, locator: str, *, user_id: str, version: str) -> dict[str, object]:
        """Return a further page, by the last part of `nextRecordsUrl`.

        Raises:
            ApiError: INVALID_QUERY_LOCATOR, if there is no such cursor any more.
        """
        cursor_id, _, start = locator.partition("-")
        cursor = self.cursors.get(cursor_id)
        now = self._org.now()
        if (
            cursor is None
            or cursor.user_id != user_id
            or now - cursor.used_at > CURSOR_LIVES
            or not start.isdigit()
            or int(start) >= len(cursor.ids)
        ):
            raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
        self._keep(cursor_id, replace(cursor, used_at=now))
        selection = Selection(self._org, parse(cursor.text))
        return _page(selection, cursor, int(start), cursor_id=cursor_id, version=version)

    def _keep(self, cursor_id: str, cursor: Cursor) -> None:
        self.cursors.pop(cursor_id, None)
        self.cursors[cursor_id] = cursor
        own = [key for key, each in self.cursors.items() if each.user_id == cursor.user_id]
        for key in own[:-CURSORS_KEPT_COUNT]:
            del self.cursors[key]


def _page(
    selection: Selection, cursor: Cursor, start: int, *, cursor_id: str, version: str
) -> dict[str, object]:
    end = start + cursor.page_count
    records = (selection.record(record_id, version=version) for record_id in cursor.ids[start:end])
    total = len(cursor.ids)
    page: dict[str, object] = {"totalSize": total, "done": end >= total}
    if end < total:
        page["nextRecordsUrl"] = f"/services/data/v{version}/query/{cursor_id}-{end}"
    page["records"] = [record for record in records if record is not None]
    return page
