"""One Interaction in full: the mailing, what happened in order, links, who shares the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row, dict_row

from bridge.clock import now
from bridge.console.access.records import UNSEEN, access_to
from bridge.console.faults import NotThere
from bridge.console.interactions.read import (
    engagement_of,
    engagement_rows,
    kinds_of,
    records_of,
)
from bridge.console.interactions.whose import SQL, people_named
from bridge.constant_contact.bounces import bounce_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    from bridge.console.interactions.model import Engagement, Whose
    from bridge.console.page import Visit
    from bridge.mapping.model import Mapping

_EVENTS = 500
_WORDS = {
    "send": "Sent",
    "open": "Opened (may be automatic)",
    "forward": "Forwarded",
    "optout": "Unsubscribed",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        link_url: What was clicked, where it is about that.
        bounce_code: The vendor's letter, where it is about a bounce.
        reason: What the person wrote, where they opted out.
    """

    kind: str
    occurred_at: datetime
    link_url: str | None = None
    bounce_code: str | None = None
    reason: str | None = None

    @property
    def words(self) -> str:
        """What happened, for people."""
        match self.kind:
            case "bounce":
                return bounce_words(self.bounce_code or "")
            case "click":
                return f"Clicked {self.link_url or 'a link'}"
            case "optout" if self.reason:
                return f"Unsubscribed, and wrote: {self.reason}"
            case _:
                return _WORDS.get(self.kind, self.kind)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mailing:
    """The mailing as people see it.

    Attributes:
        counts_at: When its reports were last read (UTC).
        next_look_at: When they are read next, whatever its counts say; None: not any more.
    """

    subject_line: str | None
    from_name: str | None
    from_email: str | None
    permalink: str | None
    first_sent_at: datetime | None
    counts_at: datetime | None
    next_look_at: datetime | None

    @property
    def sender(self) -> str:
        """From whom it came."""
        if self.from_name and self.from_email:
            return f"{self.from_name} ({self.from_email})"
        return self.from_name or self.from_email or ""


@dataclass(frozen=True, kw_only=True, slots=True)
class InFull:
    """One Interaction with everything that is known of it.

    Attributes:
        events: In the order of time; the first of them where there are very many.
        links: Each link with how often it was clicked, the most first.
        bounces: What its bounces mean, each once.
        sharers: Who else uses the address, by name.
    """

    engagement: Engagement
    mailing: Mailing
    events: Sequence[Event]
    links: Sequence[tuple[str, int]]
    bounces: Sequence[str]
    sharers: Sequence[str]
    at: datetime

    @property
    def is_cut(self) -> bool:
        """Tell whether more happened than is listed."""
        return len(self.events) == _EVENTS


def read_in_full(visit: Visit, whose: Whose, mapping: Mapping | None, mailing_id: str) -> InFull:
    """Return what a contact did with a mailing; no transaction may be open.

    Raises:
        NotThere: If there is no such Interaction.
        NotNow: If Salesforce does not say whom of the sharers one may read.
    """
    connection_id = whose.connection.id
    with visit.console.database.transaction() as tx:
        rows = engagement_rows(tx, whose, mapping, mailing_id=mailing_id)
        if not rows:
            raise NotThere
        engagement = engagement_of(rows[0], people_named(tx, connection_id, [whose.sf_id]))
        values: dict[str, Any] = {
            "connection_id": connection_id,
            "mailing_id": mailing_id,
            "contact_ids": records_of(tx, whose),
            "sf_id": whose.sf_id,
            "kinds": kinds_of(mapping),
            "count": _EVENTS,
        }
        there = [row[0] for row in tx.execute(SQL["contacts_there"], values)]
        values |= {"there_ids": there}
        mailing = _mailing(tx, values)
        with tx.cursor(row_factory=class_row(Event)) as cursor:
            events = cursor.execute(SQL["events"], values).fetchall()
        links = tx.execute(SQL["links"], values).fetchall()
        sharers = [row[0] for row in tx.execute(SQL["sharers"], values)]
        at = now(tx)
    codes = dict.fromkeys(one.bounce_code or "" for one in events if one.kind == "bounce")
    return InFull(
        engagement=engagement,
        mailing=mailing,
        events=events,
        links=links,
        bounces=[bounce_words(code) for code in codes],
        sharers=_names(visit, whose, sharers),
        at=at,
    )


def _mailing(tx: psycopg.Connection[Any], values: dict[str, Any]) -> Mailing:
    with tx.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(SQL["mailing"], values).fetchone()
    if row is None:
        raise NotThere
    return Mailing(**row)


def _names(visit: Visit, whose: Whose, ids: list[str]) -> list[str]:
    """Return what people are called, as far as whoever is here may read them."""
    access = access_to(visit, whose.connection, ids)
    with visit.console.database.transaction() as tx:
        people = people_named(tx, whose.connection.id, ids)
    return [people[sf_id]["name"] if access[sf_id].can_read else UNSEEN for sf_id in ids]
