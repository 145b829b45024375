"""What a save takes in Constant Contact: calls, when the last of them ends, the allowance. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from bridge.bulk_create.preview import lane_of
from bridge.constant_contact.forecast import forecast, one_by_one
from bridge.delivery.bulk.choose import BEGIN_AT, bulk_calls, single_calls

if TYPE_CHECKING:
    from bridge.bulk_create.preview import Preview
    from bridge.console.times import Times
    from bridge.constant_contact.forecast import Forecast
    from bridge.constant_contact.spending import Spending

_NEW_A_POST = 1_000
_KNOWN_A_POST = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What a save takes.

    Attributes:
        ends: When the last call ends, as the clock shows it; empty: not under these limits.
        words: Whether the day's allowance is enough.
    """

    calls: int
    ends: str
    words: str


def cost_of(found: Preview, spending: Spending, times: Times) -> Cost:
    """Return what a save takes, behind all that waits already."""
    calls = calls_of(found.addresses, found.new_there)
    before = sum(one_by_one(waiting, count) for waiting, count in spending.backlog.items())
    told = forecast(
        {lane_of(found.addresses): found.addresses},
        limits=spending.limits,
        used=spending.used,
        moment=spending.moment,
        begins_at=spending.paused_until,
        price=lambda _lane, _subjects: calls + before,
    )
    ends = "" if told.ends_at is None else times.clock(told.ends_at)
    return Cost(calls=calls, ends=ends, words=_words(told, spending, times))


def calls_of(addresses: int, new_there: int) -> int:
    """Return about how many calls to Constant Contact some addresses take.

    >>> calls_of(80, 80), calls_of(4_000, 1_000)
    (160, 22)
    """
    if addresses <= BEGIN_AT:
        return single_calls(addresses)
    posts = ceil(new_there / _NEW_A_POST) + ceil((addresses - new_there) / _KNOWN_A_POST)
    return bulk_calls(addresses, activities=posts, pages_before=1)


def _words(told: Forecast, spending: Spending, times: Times) -> str:
    """Tell whether the allowance of the vendor's day is enough; days are the reader's own."""
    if told.ends_at is None:
        return "the daily allowance is never enough under these limits"
    if told.ends_at.date() == spending.moment.date():
        return "daily allowance is enough"
    days = (times.day(told.ends_at) - times.day(spending.moment)).days
    local = times.local(told.ends_at)
    day = {0: "today", 1: "tomorrow"}.get(days, f"on {local.day} {local:%b}")
    return f"ends {day} {times.clock(told.ends_at)}"
