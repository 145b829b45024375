"""Inbox: what arrived, the newest first; by state, record, address or notification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from psycopg.rows import class_row

from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.console.pages.trying import read_trying
from bridge.db.queries import load_queries
from bridge.identity import is_salesforce_id, salesforce_id
from bridge.inbox.listing import STATES

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.responses import Response

    from bridge.console.page import Visit

_SQL = load_queries("bridge.console.pages")
_COUNT = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxRow:
    """A notification as the list shows it.

    Attributes:
        seq: Its place in the order of arrival.
    """

    connection_id: int
    notification_id: str
    seq: int
    connection: str
    object: str | None
    record_id: str | None
    state: str
    reason: str | None
    received_at: datetime
    consent: bool

    @property
    def look(self) -> str:
        """How its state looks."""
        return {"done": "good", "superseded": "good", "dead": "bad"}.get(self.state, "wait")


def show(visit: Visit) -> Response:
    """Show a page of the inbox."""
    text, state, before = visit.query("q"), visit.query("state"), visit.query("before")
    state = state if state in STATES else ""
    values = {
        "connection_id": visit.who.connection_id,
        "state": state or None,
        "text": search_text(text) or None,
        "before": int(before) if before.isdecimal() and len(before) < 19 else None,  # noqa: PLR2004
        "count": _COUNT + 1,
    }
    with visit.console.database.transaction() as tx:
        with tx.cursor(row_factory=class_row(InboxRow)) as cursor:
            rows = cursor.execute(_SQL["inbox"], values).fetchall()
        trying = read_trying(tx, [(row.connection_id, row.notification_id) for row in rows])
    older = None
    if len(rows) > _COUNT:
        older = urlencode({"q": text, "state": state, "before": rows[_COUNT - 1].seq})
    return visit.page(
        "inbox.html",
        rows=list(zip(rows, trying, strict=True))[:_COUNT],
        older=older,
        text=text,
        state=state,
        states=STATES,
    )


def search_text(text: str) -> str:
    """Return what is searched for: an id in its long form, anything else as it is typed.

    >>> search_text("001D000000IRFma"), search_text("ann@example.org")
    ('001D000000IRFmaIAH', 'ann@example.org')
    """
    return salesforce_id(text) if is_salesforce_id(text) else text


PAGES = (Page(method="GET", path="/inbox", right=Right.READ_PEOPLE, handler=show),)
