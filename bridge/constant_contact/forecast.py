"""When what waits will be done: how many calls it takes, and when the last of them ends. Pure.

What a subject costs is a parameter: whoever knows a cheaper way than one by one gives its price.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bridge.constant_contact.allowance import Limits

_CALLS_A_SUBJECT = 2
_LONGEST_DAYS = 3650


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What a backlog takes.

    Attributes:
        subjects: Addresses and lists that wait.
        calls: Calls that they take.
        ends_at: When the last call ends (UTC); None: not within ten years under these limits.
    """

    subjects: int
    calls: int
    ends_at: datetime | None


def one_by_one(_lane: int, subjects: int) -> int:
    """Return the calls for subjects that are each read and then written.

    >>> one_by_one(2, 31_200)
    62400
    """
    return _CALLS_A_SUBJECT * subjects


def forecast(
    backlog: Mapping[int, int],
    *,
    limits: Limits,
    used: int,
    moment: datetime,
    begins_at: datetime | None = None,
    price: Callable[[int, int], int] = one_by_one,
) -> Forecast:
    """Return when a backlog is done if nothing is added and every slot of a call is used.

    Args:
        backlog: Lane -> subjects that wait.
        limits: What the application may do.
        used: Calls of the UTC day so far.
        moment: Now (UTC).
        begins_at: When calls are allowed again, where the vendor refuses them until then (UTC).
        price: Lane and number of subjects -> calls for them.

    >>> from bridge.constant_contact.allowance import Limits
    >>> noon = datetime(2026, 11, 28, 12, tzinfo=UTC)
    >>> found = forecast({2: 31_200}, limits=Limits(), used=0, moment=noon, price=lambda *_: 96)
    >>> in_words(found, noon)
    'backlog of 31,200 ends today 12:01 with 96 calls'
    """
    left = {lane: price(lane, subjects) for lane, subjects in sorted(backlog.items()) if subjects}
    calls = sum(left.values())
    ends_at = moment
    if begins_at is not None and begins_at > moment:
        if begins_at.date() > moment.date():
            used = 0
        ends_at = begins_at
    gap = timedelta(milliseconds=limits.gap_ms)
    for _ in range(_LONGEST_DAYS):
        midnight = _next_midnight(ends_at)
        fits = (midnight - ends_at) // gap
        done = 0
        for lane, count in left.items():
            part = max(0, min(count, fits - done, limits.ceiling(lane) - used - done))
            left[lane] = count - part
            done += part
        if not any(left.values()):
            last = ends_at + done * gap if calls else moment
            return Forecast(subjects=sum(backlog.values()), calls=calls, ends_at=last)
        ends_at, used = midnight, 0
    return Forecast(subjects=sum(backlog.values()), calls=calls, ends_at=None)


def in_words(found: Forecast, moment: datetime) -> str:
    """Return a forecast as a sentence; its days and times are those of UTC.

    >>> noon = datetime(2026, 11, 28, 12, tzinfo=UTC)
    >>> night = datetime(2026, 11, 29, 1, 20, tzinfo=UTC)
    >>> in_words(Forecast(subjects=1, calls=2, ends_at=night), noon)
    'backlog of 1 ends tomorrow 01:20 with 2 calls'
    """
    if not found.subjects:
        return "nothing waits"
    calls = f"{found.calls:,} call{'' if found.calls == 1 else 's'}"
    if found.ends_at is None:
        return f"backlog of {found.subjects:,} does not end under these limits: {calls} are wanted"
    ends_at = _whole_minute(found.ends_at)
    days = (ends_at.date() - moment.date()).days
    day = {0: "today", 1: "tomorrow"}.get(days, f"on {ends_at:%Y-%m-%d}")
    return f"backlog of {found.subjects:,} ends {day} {ends_at:%H:%M} with {calls}"


def _next_midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.date() + timedelta(days=1), time(), tzinfo=UTC)


def _whole_minute(moment: datetime) -> datetime:
    """Return the minute that has begun by then, or the next: nothing is promised too early."""
    floor = moment.replace(second=0, microsecond=0)
    return floor if floor == moment else floor + timedelta(minutes=1)
