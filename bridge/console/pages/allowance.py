"""Settings, Allowance: the day's calls by class, with what tonight takes as a shaded part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.console.pages.connection import SECTIONS, chosen_connection
from bridge.constant_contact.forecast import in_words
from bridge.constant_contact.spending import LANES, read_spending

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.constant_contact.spending import Spending

_WIDTH = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A part of the bar, in thousandths of the day.

    Attributes:
        look: Which class of calls, `forecast`, or `kept`.
    """

    look: str
    begin: int
    width: int
    words: str


def show(visit: Visit) -> Response:
    """Show the section."""
    with visit.console.database.transaction() as tx:
        connection, others = chosen_connection(tx, visit)
        found = read_spending(tx, connection.name)
    spending = found[0] if found else None
    return visit.page(
        "allowance.html",
        sections=SECTIONS,
        connection=connection,
        others=others,
        spending=spending,
        parts=bar(spending) if spending else (),
        by_lane=used_by_lane(spending) if spending else {},
        forecast=in_words(spending.forecast(), spending.moment) if spending else "",
    )


def used_by_lane(spending: Spending) -> Mapping[str, int]:
    """Return the calls of the day by class, of all who share the application."""
    return {
        lane: sum(user.used.get(number, 0) for user in spending.users)
        for number, lane in enumerate(LANES)
    }


def bar(spending: Spending) -> Sequence[Part]:
    """Return the parts of the bar, from the left: used by class, foreseen, and kept for opt-outs.

    What is foreseen ends where the reserve begins: more than the day has is done another day.
    """
    day = spending.limits.per_day
    parts: list[Part] = []
    done = 0

    def add(look: str, calls: int, words: str) -> None:
        nonlocal done
        begin, done = done, done + calls
        if calls > 0:
            left, right = begin * _WIDTH // day, done * _WIDTH // day
            parts.append(Part(look=look, begin=left, width=max(1, right - left), words=words))

    for lane, calls in used_by_lane(spending).items():
        add(lane, calls, f"{calls:,} for {lane}")
    kept = max(0, min(spending.limits.consent_reserve, day - done))
    foreseen = max(0, min(spending.forecast().calls, day - done - kept))
    add("forecast", foreseen, f"{foreseen:,} foreseen for what waits")
    done = day - kept
    add("kept", kept, f"{kept:,} kept for opt-outs")
    return parts


PAGES = (Page(method="GET", path="/settings/allowance", right=Right.LOOK, handler=show),)
