"""Audit: when each change of consent was seen, sent and confirmed; and whether the chain holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from bridge.clock import now
from bridge.consent.audit import UnknownSubject, count_entries, lags, verify
from bridge.consent.clock import Wanted, read_clock
from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.console.pages.audit_view import (
    CHANGES,
    STANDS,
    change_view,
    duration,
    lag_view,
    verdict_line,
)
from bridge.console.pages.connection import chosen_connection

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from bridge.consent.clock import Change
    from bridge.console.page import Visit

PERIODS: Final = {"7": "7 days", "30": "30 days", "365": "A year", "all": "Everything"}
TABS: Final = (("Clock", "/audit"), ("Evidence outstanding", "/audit/evidence"))

_COUNT = 50
_DAYS = 30
_ALL_DAYS = 36_500
_AT_ONCE = 20_000  # entries whose check takes a second
_ENTRY_S = 50e-6


def show(visit: Visit) -> Response:
    """Show the clock."""
    period = visit.query("period") if visit.query("period") in PERIODS else str(_DAYS)
    wanted = Wanted(
        who=visit.query("who"),
        change=visit.query("change") if visit.query("change") in CHANGES else "",
        stands=visit.query("stands") if visit.query("stands") in STANDS else "",
        days=None if period == "all" else int(period),
        before=visit.place("before"),
    )
    changes: Sequence[Change] = ()
    fault = ""
    with visit.console.database.transaction() as tx:
        connection, others = chosen_connection(tx, visit)
        told = lags(tx, connection.id, days=wanted.days or _ALL_DAYS)
        try:
            changes = read_clock(tx, connection.id, wanted, count=_COUNT + 1)
        except UnknownSubject as error:
            fault = str(error)
    older = None
    if len(changes) > _COUNT:
        older = _address(connection.name, period, wanted, before=changes[_COUNT - 1].seq)
    return visit.page(
        "audit.html",
        tabs=TABS,
        connection=connection,
        others=others,
        rows=[change_view(one) for one in changes[:_COUNT]],
        lags=[lag_view(one) for one in told],
        older=older,
        wanted=wanted,
        period=period,
        periods=PERIODS,
        changes=CHANGES,
        stands=STANDS,
        fault=fault,
    )


def show_chain(visit: Visit) -> Response:
    """Check the chain and say what came of it; a long one is checked when asked once more."""
    with visit.console.database.session() as session, session.transaction():
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        connection, others = chosen_connection(session, visit)
        entries = count_entries(session, connection.id)
        verdict = None
        if entries <= _AT_ONCE or visit.query("now"):
            verdict = verify(session, connection.id)
        at = now(session)
    if verdict is not None:
        visit.note("ledger_verified", connection=connection.id, holds=not verdict.faults)
    return visit.page(
        "audit_chain.html",
        tabs=TABS,
        connection=connection,
        others=others,
        verdict=verdict,
        line="" if verdict is None else verdict_line(verdict),
        entries=entries,
        takes=duration(entries * _ENTRY_S),
        at=at,
    )


def _address(connection: str, period: str, wanted: Wanted, *, before: int) -> str:
    values = {
        "connection": connection,
        "who": wanted.who,
        "change": wanted.change,
        "stands": wanted.stands,
        "period": period,
        "before": before,
    }
    return f"/audit?{urlencode({name: value for name, value in values.items() if value})}"


PAGES = (
    Page(method="GET", path="/audit", right=Right.READ_PEOPLE, handler=show),
    Page(method="GET", path="/audit/chain", right=Right.AUDIT, handler=show_chain),
)
