"""Settings, Allowance: the day's calls by class, with what tonight takes as a shaded part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.console.pages.connection import SECTIONS, chosen_connection
from bridge.console.pages.resync import calls_of
from bridge.constant_contact.forecast import in_words
from bridge.constant_contact.spending import LANES, read_spending
from bridge.cron import due_times
from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg
    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.console.times import Times
    from bridge.constant_contact.forecast import Forecast
    from bridge.constant_contact.spending import Spending

_SQL = load_queries("bridge.console.pages")
_WIDTH = 1000
_A_DAY = timedelta(days=1)


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Tonight:
    """What the scheduled runs of the next 24 hours read.

    Attributes:
        today: Calls of them that are made before the day of the allowance ends.
        calls: All of them, without what they will find to change.
        begins_at: When the first is due (UTC); None where none is.
    """

    today: int = 0
    calls: int = 0
    begins_at: datetime | None = None


def show(visit: Visit) -> Response:
    """Show the section."""
    with visit.console.database.transaction() as tx:
        connection, others = chosen_connection(tx, visit)
        found = read_spending(tx, connection.name)
        spending = found[0] if found else None
        tonight = read_tonight(tx, connection.id, spending.moment) if spending else Tonight()
    return visit.page(
        "allowance.html",
        sections=SECTIONS,
        connection=connection,
        others=others,
        spending=spending,
        parts=bar(spending, tonight.today) if spending else (),
        by_lane=used_by_lane(spending) if spending else {},
        forecast=_in_words(spending.forecast(), spending.moment, visit.times) if spending else "",
        tonight=tonight,
    )


def read_tonight(tx: psycopg.Connection[Any], connection_id: int, moment: datetime) -> Tonight:
    """Return what the runs of the next 24 hours take; the day of the allowance is that of UTC."""
    of_connection = {"connection_id": connection_id}
    sizes = tx.execute(_SQL["sizes"], of_connection).fetchone() or (0, 0, 0)
    due = [
        (next(due_times(cron, zone, moment)), calls_of(job, *sizes))
        for job, cron, zone, enabled in tx.execute(_SQL["schedules"], of_connection)
        if enabled
    ]
    soon = [(at, calls) for at, calls in due if at <= moment + _A_DAY]
    return Tonight(
        today=sum(calls for at, calls in soon if at.date() == moment.date()),
        calls=sum(calls for _, calls in soon),
        begins_at=min((at for at, _ in soon), default=None),
    )


def _in_words(found: Forecast, moment: datetime, times: Times) -> str:
    ends_at = None if found.ends_at is None else times.local(found.ends_at)
    return in_words(replace(found, ends_at=ends_at), times.local(moment))


def used_by_lane(spending: Spending) -> Mapping[str, int]:
    """Return the calls of the day by class, of all who share the application."""
    return {
        lane: sum(user.used.get(number, 0) for user in spending.users)
        for number, lane in enumerate(LANES)
    }


def bar(spending: Spending, tonight: int = 0) -> Sequence[Part]:
    """Return the parts of the bar, from the left: used by class, foreseen, and kept for opt-outs.

    What is foreseen ends where the reserve begins: more than the day has is done another day.

    Args:
        spending: The day so far, and what waits.
        tonight: Calls of scheduled runs that are made before the day ends.
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
    foreseen = max(0, min(spending.forecast().calls + tonight, day - done - kept))
    what = "what waits and tonight's runs" if tonight else "what waits"
    add("forecast", foreseen, f"{foreseen:,} foreseen for {what}")
    done = day - kept
    add("kept", kept, f"{kept:,} kept for opt-outs")
    return parts


PAGES = (Page(method="GET", path="/settings/allowance", right=Right.LOOK, handler=show),)
