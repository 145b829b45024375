"""Inbox: what arrived, the newest first; by state, record, address or notification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from psycopg.rows import class_row

from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.db.queries import load_queries
from bridge.identity import is_salesforce_id, salesforce_id
from bridge.inbox.listing import STATES

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.console.times import Times

_SQL = load_queries("bridge.console.pages")
_COUNT = 50
_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxRow:
    """A notification as the list shows it.

    Attributes:
        seq: Its place in the order of arrival.
        tries: How often what it asks for was tried; None where nothing is left to try.
        next_at: When it is tried again (UTC).
    """

    notification_id: str
    seq: int
    connection: str
    object: str | None
    record_id: str | None
    state: str
    reason: str | None
    attempts: int
    received_at: datetime
    origin: str
    consent: bool
    next_at: datetime | None
    tries: int | None

    @property
    def look(self) -> str:
        """How its state looks."""
        return {"done": "good", "superseded": "good", "dead": "bad"}.get(self.state, "wait")

    def trying(self, times: Times) -> str:
        """Return what is said of tries that have failed.

        As in *3rd attempt failed, next 14:10*.
        """
        if not self.tries or self.next_at is None:
            return ""
        name = _ORDINALS.get(self.tries, f"{self.tries}th")
        return f"{name} attempt failed, next {times.clock(self.next_at)}"


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
    with (
        visit.console.database.transaction() as tx,
        tx.cursor(row_factory=class_row(InboxRow)) as cursor,
    ):
        rows = cursor.execute(_SQL["inbox"], values).fetchall()
    older = None
    if len(rows) > _COUNT:
        older = urlencode({"q": text, "state": state, "before": rows[_COUNT - 1].seq})
    return visit.page(
        "inbox.html", rows=rows[:_COUNT], older=older, text=text, state=state, states=STATES
    )


def search_text(text: str) -> str:
    """Return what is searched for: an id in its long form, anything else as it is typed.

    >>> search_text("001D000000IRFma"), search_text("ann@example.org")
    ('001D000000IRFmaIAH', 'ann@example.org')
    """
    return salesforce_id(text) if is_salesforce_id(text) else text


PAGES = (Page(method="GET", path="/inbox", right=Right.READ_PEOPLE, handler=show),)
