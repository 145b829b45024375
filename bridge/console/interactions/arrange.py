"""Which rows of Interactions somebody wants to see, in which order. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args
from urllib.parse import urlencode

from bridge.console.interactions.model import ICONS, Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bridge.console.interactions.model import Entry

Order: TypeAlias = Literal["asc", "desc"]

COLUMNS: Mapping[Column, str] = {
    "date": "Date",
    "subject": "Subject",
    "form": "Form",
    "contact": "Contact",
    "result": "Result",
    "sent": "Sent",
    "opened": "Opened",
    "clicked": "Clicked",
}
"""Column -> its head, in their order."""

FORMS: Mapping[str, str] = {"": "Constant Contact", "all": "All"}
PERIODS: Mapping[str, str] = {
    "": "Everything",
    "30": "30 days",
    "90": "90 days",
    "365": "A year",
}
COUNT = 50
"""Rows of a page."""

_EARLIEST = datetime.min.replace(tzinfo=UTC)
_RESULTS = list(ICONS)
_DESCENDING = frozenset({"date", "sent", "opened", "clicked"})

_KEYS: Mapping[Column, Callable[[Entry], Any]] = {
    "date": lambda entry: entry.at or _EARLIEST,
    "subject": lambda entry: entry.subject.lower(),
    "form": lambda entry: entry.form.lower(),
    "contact": lambda entry: entry.contact_name.lower(),
    "result": lambda entry: (
        _RESULTS.index(entry.result) if entry.result in _RESULTS else len(_RESULTS)
    ),
    "sent": lambda entry: entry.sent_at or _EARLIEST,
    "opened": lambda entry: entry.opened,
    "clicked": lambda entry: entry.clicked,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Search:
    """What the address of the page asks for; an empty value asks for all.

    Attributes:
        period: Days, as a text.
        page: From 1.
    """

    form: str = ""
    result: str = ""
    contact: str = ""
    campaign: str = ""
    period: str = ""
    sort: Column = "date"
    order: Order = "desc"
    page: int = 1

    @property
    def is_narrowed(self) -> bool:
        """Tell whether a filter is set."""
        return any((self.result, self.contact, self.campaign, self.period))

    def address(self, **changed: object) -> str:
        """Return the query of the page with other values, of which it tells no default."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        plain = Search()
        return urlencode(
            {
                name: value
                for name, value in (values | {"page": 1} | changed).items()
                if value != getattr(plain, name)
            }
        )

    def sorted_by(self, column: Column) -> str:
        """Return the query that sorts by a column, or turns its order round."""
        first: Order = "desc" if column in _DESCENDING else "asc"
        other: Order = "asc" if self.order == "desc" else "desc"
        return self.address(sort=column, order=other if column == self.sort else first)

    def aria_sort(self, column: Column) -> str:
        """Return what a head tells of its order."""
        if column != self.sort:
            return "none"
        return "ascending" if self.order == "asc" else "descending"


@dataclass(frozen=True, kw_only=True, slots=True)
class Arranged:
    """A page of rows.

    Attributes:
        count: How many rows fit, on all pages.
        results: The results that there are, in the order of their strength.
        contacts: Id -> name of the people that there are.
        campaigns: The mailings that there are, by name.
    """

    entries: Sequence[Entry]
    count: int
    search: Search
    results: Sequence[str] = ()
    contacts: Mapping[str, str] = field(default_factory=dict)
    campaigns: Sequence[str] = ()

    @property
    def later(self) -> str | None:
        """The query of the next page; None on the last."""
        page = self.search.page
        return self.search.address(page=page + 1) if page * COUNT < self.count else None

    @property
    def earlier(self) -> str | None:
        """The query of the page before; None on the first."""
        page = self.search.page
        return self.search.address(page=page - 1) if page > 1 else None


def read_search(given: Mapping[str, str]) -> Search:
    """Return what an address asks for; what it cannot mean is left out.

    >>> read_search({"sort": "contact", "page": "2", "period": "ages"})
    ... # doctest: +ELLIPSIS
    Search(form='', ..., period='', sort='contact', order='desc', page=2)
    """
    sort: Column = next((name for name in COLUMNS if name == given.get("sort")), "date")
    order: Order = next((one for one in get_args(Order) if one == given.get("order")), "desc")
    page = given.get("page", "")
    return Search(
        form=given.get("form", "") if given.get("form", "") in FORMS else "",
        result=given.get("result", ""),
        contact=given.get("contact", ""),
        campaign=given.get("campaign", ""),
        period=given.get("period", "") if given.get("period", "") in PERIODS else "",
        sort=sort,
        order=order,
        page=int(page) if page.isdecimal() and 0 < len(page) < 5 and int(page) else 1,  # noqa: PLR2004
    )


def arrange(entries: Iterable[Entry], search: Search, *, at: datetime) -> Arranged:
    """Return the page of rows that is asked for.

    Args:
        entries: All rows.
        search: Which of them, and in which order.
        at: The time (UTC) from which a period counts back.
    """
    every = list(entries)
    kept = [entry for entry in every if _fits(entry, search, at)]
    kept.sort(key=_KEYS["date"], reverse=True)
    kept.sort(key=_KEYS[search.sort], reverse=search.order == "desc")
    last = max(1, -(-len(kept) // COUNT))
    search = replace(search, page=min(search.page, last))
    start = (search.page - 1) * COUNT
    contacts = {entry.contact_id: entry.contact_name for entry in every if entry.contact_id}
    there = {entry.result for entry in every}
    return Arranged(
        entries=kept[start : start + COUNT],
        count=len(kept),
        search=search,
        results=[result for result in _RESULTS if result in there],
        contacts=dict(sorted(contacts.items(), key=lambda one: (one[1].lower(), one[0]))),
        campaigns=sorted({entry.campaign for entry in every if entry.campaign}),
    )


def _fits(entry: Entry, search: Search, at: datetime) -> bool:
    if search.period:
        since = at - timedelta(days=int(search.period))
        if entry.at is None or entry.at < since:
            return False
    return all(
        not wanted or wanted == value
        for wanted, value in (
            (search.result, entry.result),
            (search.contact, entry.contact_id),
            (search.campaign, entry.campaign),
        )
    )
