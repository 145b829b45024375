"""Mailings of a firm, both vendors answering at once: what is measured beside them is the bridge.

Everything is in this process. Constant Contact's reports are pages of JSON text, made beforehand
where their making is not to be timed; Salesforce takes whatever it is sent, and counts it.
"""

from __future__ import annotations

import csv
import io
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import IO, TYPE_CHECKING, Any, cast
from uuid import UUID

from bridge.bootstrap import Installation
from bridge.constant_contact.answers import rows_of
from bridge.mapping.interaction import EVENT_KINDS
from bridge.salesforce.client import Salesforce

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    from bridge.constant_contact.client import ConstantContact
    from bridge.mapping.interaction import EventKind
    from bridge.salesforce.session import Session

RATES: dict[EventKind, float] = {
    "send": 1.0,
    "open": 0.30,
    "click": 0.03,
    "bounce": 0.01,
    "optout": 0.002,
    "forward": 0.001,
}
"""Events of each kind for each recipient of a mailing."""

LIST_ID = str(UUID(int=1 << 100))
ROWS_A_PAGE = 500
_SENT_AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
_EXTRA: dict[EventKind, dict[str, str]] = {
    "open": {"device_type": "computer"},
    "click": {"url_id": "1", "link_url": "https://www.example.com/rates"},
    "bounce": {"bounce_code": "B"},
}
_STATS = {
    "send": "em_sends",
    "open": "em_opens_all",
    "click": "em_clicks_all",
    "bounce": "em_bounces",
    "optout": "em_optouts",
    "forward": "em_forwards",
}


def contact_id(number: int) -> str:
    """Return the id of a contact there."""
    return str(UUID(int=number + 1))


def mailing_id(number: int) -> str:
    """Return the id of a mailing."""
    return str(UUID(int=(1 << 64) + number))


@dataclass(kw_only=True)
class Account:
    """An account with mailings that were all sent to the same people.

    Attributes:
        mailings: How many.
        recipients: Of each.
        later: Mailing and kind -> events that came after its first ones.
        calls: Calls so far, by what they ask for.
    """

    mailings: int
    recipients: int
    later: Counter[tuple[int, EventKind]] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    _made: dict[str, tuple[int, int]] = field(default_factory=dict)
    _pages: IO[bytes] | None = None

    def count(self, number: int, kind: EventKind) -> int:
        """Return the events of a kind of a mailing."""
        return round(self.recipients * RATES[kind]) + self.later[number, kind]

    @property
    def activities(self) -> int:
        """All events of all mailings."""
        return sum(self.count(n, kind) for n in range(self.mailings) for kind in EVENT_KINDS)

    def make_pages(self, file: IO[bytes]) -> None:
        """Make all pages of reports now, into a file."""
        for number in range(self.mailings):
            for kind in EVENT_KINDS:
                for page in range(pages(self.count(number, kind))):
                    text = self._page(number, kind, page)
                    path = _tracking(number, kind, page)
                    self._made[path] = (file.tell(), file.write(text))
        self._pages = file

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def walk(
        self, path: str, _params: dict[str, str], rows: str, _identity: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the campaigns, as the client does; they are one page for each 500."""
        self.calls[path] += pages(self.mailings)
        campaigns = [
            {
                "campaign_id": mailing_id(number),
                "name": f"Market letter {number}",
                "current_status": "Done",
                "updated_at": _iso(_SENT_AT),
            }
            for number in range(self.mailings)
        ]
        return iter(rows_of({rows: campaigns}, rows))

    def get(self, path: str, _params: dict[str, str] | None = None) -> Any:
        """Return the answer to a call that reads."""
        parts = path.split("/")
        if "tracking" in parts:
            self.calls["tracking"] += 1
            return json.loads(self._text(path))
        self.calls["/".join(parts[:-1])] += 1
        if parts[:2] == ["reports", "stats"]:
            return {"results": [self._stats(one) for one in parts[-1].split(",")]}
        if parts[:2] == ["emails", "activities"]:
            sender = {"from_name": "The Firm", "from_email": "news@example.org"}
            return {"subject": "What markets did", "contact_list_ids": [LIST_ID], **sender}
        activity = {"campaign_activity_id": parts[-1], "role": "primary_email"}
        return {"campaign_activities": [activity]}

    def _text(self, path: str) -> bytes:
        if self._pages is not None:
            offset, length = self._made[path]
            self._pages.seek(offset)
            return self._pages.read(length)
        _, _, one, _, kind, *page = path.split("/")
        return self._page(_number(one), _kind(kind), int(page[0]) if page else 0)

    def _page(self, number: int, kind: EventKind, page: int) -> bytes:
        count = self.count(number, kind)
        newest = count - page * ROWS_A_PAGE
        rows = [
            self._row(number, kind, place)
            for place in range(newest - 1, max(newest - ROWS_A_PAGE, 0) - 1, -1)
        ]
        last = page + 1 == pages(count)
        links = {} if last else {"next": {"href": _tracking(number, kind, page + 1)}}
        return json.dumps({"tracking_activities": rows, "_links": links}).encode()

    def _row(self, number: int, kind: EventKind, place: int) -> dict[str, str]:
        person = (place + number) % self.recipients
        after_s = place // 50 if kind == "send" else 600 + 37 * place
        return {
            "contact_id": contact_id(person),
            "campaign_activity_id": mailing_id(number),
            "tracking_activity_type": f"em_{kind}s",
            "email_address": f"person{person}@example.org",
            "first_name": f"First {person}",
            "last_name": f"Last {person}",
            "created_time": _iso(_SENT_AT + timedelta(seconds=after_s)),
            **_EXTRA.get(kind, {}),
        }

    def _stats(self, one: str) -> dict[str, Any]:
        stats = {name: self.count(_number(one), _kind(kind)) for kind, name in _STATS.items()}
        return {"campaign_activity_id": one, "stats": stats}


@dataclass(frozen=True, kw_only=True)
class AtOnce(Installation):
    """An installation whose vendors are in this process."""

    account: Account
    session: Session

    @classmethod
    def of(cls, installation: Installation, account: Account, session: object) -> AtOnce:
        """Return an installation like another one, with these vendors."""
        return cls(
            **{name: getattr(installation, name) for name in Installation.__dataclass_fields__},
            account=account,
            session=cast("Session", session),
        )

    def salesforce(self, _connection: object) -> Salesforce:
        """Return the client of an organization that takes everything."""
        return Salesforce(self.session)

    def constant_contact(self, _connection: object, _take_slot: object) -> ConstantContact:
        """Return the account as its client."""
        return cast("ConstantContact", self.account)


class Taking:
    """A session with an organization that takes whatever it is sent, at once.

    Attributes:
        taken: Records that it was sent.
        calls: How many calls that took.
        own_s: Seconds that it needed for its own work.
    """

    base_url = ""

    def __init__(self) -> None:
        self.taken = 0
        self.calls = 0
        self.own_s = 0.0
        self._results = ""

    def close(self) -> None:
        """Do nothing: there is no connection."""

    def call(self, ask: Any) -> Any:
        """Answer a call as the library would."""
        self.calls += 1
        return ask(self)

    def restful(self, path: str, *, json: Any = None, **_: object) -> Any:
        """Take a collection, or whatever is asked of a job."""
        if path.startswith("jobs/"):
            closed = (json or {}).get("state") == "UploadComplete"
            return {"id": "7505g000000000TAAQ", "state": "JobComplete" if closed else "Open"}
        return [{"success": True, "id": self._next_id(), "created": True} for _ in json["records"]]

    def _call_salesforce(self, method: str, url: str, **given: Any) -> _Answer | None:
        """Take a job's file, or give its results."""
        started = time.monotonic()
        if method != "PUT":
            return _Answer(self._results if "successful" in url else "")
        file = io.TextIOWrapper(given["data"], "utf-8", newline="")
        header, *rows = csv.reader(file)
        file.detach()
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["sf__Id", "sf__Created", *header])
        writer.writerows([self._next_id(), "true", *row] for row in rows)
        self._results = text.getvalue()
        self.own_s += time.monotonic() - started
        return None

    def _next_id(self) -> str:
        self.taken += 1
        return f"a0X{self.taken:012d}AAA"


class _Answer:
    """Results of a job as they come over the wire."""

    def __init__(self, text: str) -> None:
        self._body = text.encode()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing: there is no connection."""

    def iter_content(self, size: int) -> Iterator[bytes]:
        """Yield the body in parts."""
        for start in range(0, len(self._body), size):
            yield self._body[start : start + size]


def pages(rows: int) -> int:
    """Return the pages that so many rows take; nothing takes one as well.

    >>> pages(0), pages(500), pages(501)
    (1, 1, 2)
    """
    return max(1, ceil(rows / ROWS_A_PAGE))


def _tracking(number: int, kind: str, page: int) -> str:
    path = f"reports/email_reports/{mailing_id(number)}/tracking/{kind}s"
    return f"{path}/{page}" if page else path


def _number(mailing: str) -> int:
    return UUID(mailing).int - (1 << 64)


def _kind(word: str) -> EventKind:
    return next(kind for kind in EVENT_KINDS if word.rstrip("s") == kind)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
