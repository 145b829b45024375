"""Home: what needs attention now, the last thirty nights, and how far both sides agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from bridge.consent.coming_back.listing import count_requests
from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.db.queries import load_queries
from bridge.first_day.gather import first_days
from bridge.status.alarms import alarms
from bridge.status.gather import read_watched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    import psycopg
    from starlette.responses import Response

    from bridge.console.access.people import Person
    from bridge.console.page import Visit
    from bridge.console.times import Times
    from bridge.status.model import Alarm, ConnectionState, Screen

_SQL = load_queries("bridge.console.pages")

NIGHTS = 30
_A_WEEK = timedelta(days=7)

PAGES_OF = {
    "mapping_waits": ("/mappings/pending", "Decide on the files"),
    "run_failed": ("/runs", "Look at the runs"),
    "guard_tripped": ("/runs?state=waiting", "Decide on the plan"),
    "integrity_fell": ("/runs", "Look at the runs"),
    "rejected_share": ("/runs", "Look at the runs"),
    "run_missing": ("/runs", "Look at the runs"),
    "day_spent": ("/settings/allowance", "Look at the allowance"),
    "deliveries_stuck": ("/problems", "Look at the problems"),
    "consent_late": ("/problems", "Look at the problems"),
}
"""Cause of an alarm -> the page where something can be done about it, and what leads there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """What the scheduled runs of one day came to."""

    day: date
    runs: int
    failed: int
    stopped: int
    run_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Night:
    """One night of the strip.

    Attributes:
        look: `done`, `waits`, `failed` or `none`; the sign says the same without colour.
        words: The night in words.
        run_id: The last run of it.
    """

    look: str
    sign: str
    words: str
    run_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """How far both sides agreed when a job compared them last."""

    connection: str
    job: str
    run_id: int
    taken_at: datetime
    linked: int
    agreeing: int
    unexplained: int

    @property
    def share(self) -> str:
        """The share that agrees, as people read it."""
        return f"{self.agreeing / max(1, self.linked):.2%}"


@dataclass(frozen=True, kw_only=True, slots=True)
class HomeView:
    """What the page says."""

    alarms: Sequence[Alarm]
    connections: Sequence[ConnectionState]
    nights: Sequence[Night]
    scores: Sequence[Score]
    at: datetime


def show(visit: Visit) -> Response:
    """Show the page."""
    with visit.console.database.transaction() as tx:
        screen = read_watched(tx, visit.console.settings)
        days, scores = _read(tx, visit.who, visit.times)
        outstanding = count_requests(tx, connection_id=visit.who.connection_id)
        looked_at = first_days(tx)
    view = home_view(screen, days, scores, visit.who, visit.times)
    week = first_week(view, looked_at)
    return visit.page(
        "home.html", view=view, pages_of=PAGES_OF, outstanding=outstanding, first_week=week
    )


def home_view(
    screen: Screen,
    days: Iterable[Day],
    scores: Sequence[Score],
    person: Person,
    times: Times,
) -> HomeView:
    """Return what a person may see of how things stand."""
    connections = [one for one in screen.connections if person.sees(one.id)]
    names = {one.name for one in connections}
    return HomeView(
        alarms=[alarm for alarm in alarms(screen) if _concerns(alarm, names)],
        connections=connections,
        nights=strip(days, times.day(screen.at)),
        scores=scores,
        at=screen.at,
    )


def first_week(
    view: HomeView, looked_at: Mapping[int, datetime]
) -> list[tuple[str, datetime | None]]:
    """Return the connections that are in their first week, each with when its first day was.

    One that nobody has looked at and that no run has compared is before it.
    """
    compared = {score.connection for score in view.scores}
    return [
        (one.name, at)
        for one in view.connections
        if ((at := looked_at.get(one.id)) is None and one.name not in compared)
        or (at is not None and view.at - at < _A_WEEK)
    ]


def strip(days: Iterable[Day], today: date) -> list[Night]:
    """Return the last nights, the oldest first, those without a run among them."""
    by_day = {one.day: one for one in days}
    nights = []
    for back in range(NIGHTS - 1, -1, -1):
        day = today - timedelta(days=back)
        nights.append(_night(day, by_day.get(day)))
    return nights


def _night(day: date, found: Day | None) -> Night:
    name = f"{day.day} {day:%b}"
    if found is None:
        return Night(look="none", sign="", words=f"{name}: no run")
    if found.failed:
        words = f"{name}: {found.failed} of {found.runs} runs failed"
        return Night(look="failed", sign="x", words=words, run_id=found.run_id)
    if found.stopped:
        words = f"{name}: {found.stopped} of {found.runs} runs waited or were stopped"
        return Night(look="waits", sign="!", words=words, run_id=found.run_id)
    runs = f"{found.runs} run{'' if found.runs == 1 else 's'}"
    return Night(look="done", sign="", words=f"{name}: {runs}, all done", run_id=found.run_id)


def _concerns(alarm: Alarm, names: set[str]) -> bool:
    return alarm.connection is None or not names.isdisjoint(alarm.connection.split(", "))


def _read(
    tx: psycopg.Connection[Any], person: Person, times: Times
) -> tuple[list[Day], list[Score]]:
    values = {"connection_id": person.connection_id, "days": NIGHTS, "zone": times.zone}
    with tx.cursor(row_factory=class_row(Day)) as cursor:
        days = cursor.execute(_SQL["nights"], values).fetchall()
    with tx.cursor(row_factory=class_row(Score)) as cursor:
        scores = cursor.execute(_SQL["scores"], values).fetchall()
    return days, scores


PAGES = (Page(method="GET", path="/", right=Right.LOOK, handler=show),)
