"""Date literals: the days that `THIS_MONTH` or `LAST_N_DAYS:30` stand for. Pure.

Weeks begin on Sunday and the fiscal year with the calendar's, as in an org of the United States
that nobody has set otherwise (SOQL and SOSL Reference, "Date Formats and Date Literals").
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_FIXED = {
    "YESTERDAY": ("DAY", -1, 0),
    "TODAY": ("DAY", 0, 1),
    "TOMORROW": ("DAY", 1, 2),
}
_ONE = re.compile(r"(LAST|THIS|NEXT)_(?:FISCAL_)?(WEEK|MONTH|QUARTER|YEAR)")
_SEVERAL = re.compile(r"(LAST|NEXT)_N_(?:FISCAL_)?(DAY|WEEK|MONTH|QUARTER|YEAR)S")
_AGO = re.compile(r"N_(?:FISCAL_)?(DAY|WEEK|MONTH|QUARTER|YEAR)S_AGO")
_PLACES = {"LAST": -1, "THIS": 0, "NEXT": 1}
_FARTHEST = 100_000


def is_literal(name: str) -> bool:
    """Tell whether a word is a date literal that takes no number."""
    word = name.upper()
    return word in _FIXED or word in {"LAST_90_DAYS", "NEXT_90_DAYS"} or bool(_ONE.fullmatch(word))


def takes_number(name: str) -> bool:
    """Tell whether a word is a date literal that a number follows."""
    word = name.upper()
    return bool(_SEVERAL.fullmatch(word) or _AGO.fullmatch(word))


def span(name: str, number: int, today: date) -> tuple[date, date]:
    """Return the first day that a literal stands for, and the day after its last.

    >>> span("LAST_N_DAYS", 2, date(2026, 11, 24))
    (datetime.date(2026, 11, 22), datetime.date(2026, 11, 25))
    >>> span("LAST_MONTH", 0, date(2026, 1, 31))
    (datetime.date(2025, 12, 1), datetime.date(2026, 1, 1))

    Raises:
        ValueError: If it is no literal, or leads out of the calendar.
    """
    word = name.upper()
    if word in _FIXED:
        unit, first, end = _FIXED[word]
    elif word == "LAST_90_DAYS":
        unit, first, end = "DAY", -90, 1
    elif word == "NEXT_90_DAYS":
        unit, first, end = "DAY", 1, 91
    elif one := _ONE.fullmatch(word):
        place = _PLACES[one[1]]
        unit, first, end = one[2], place, place + 1
    elif several := _SEVERAL.fullmatch(word):
        unit = several[2]
        # Today is part of the last days, though the running week is not of the last weeks.
        first, end = (-number, int(unit == "DAY")) if several[1] == "LAST" else (1, number + 1)
    elif ago := _AGO.fullmatch(word):
        unit, first, end = ago[1], -number, 1 - number
    else:
        raise ValueError(name)
    begin = _BEGINS[unit]
    try:
        return begin(today, first), begin(today, end)
    except OverflowError:
        raise ValueError(name) from None


def _day(today: date, away: int) -> date:
    return today + timedelta(days=away)


def _week(today: date, away: int) -> date:
    sunday = today - timedelta(days=(today.weekday() + 1) % 7)
    return sunday + timedelta(weeks=away)


def _months(today: date, length: int, away: int) -> date:
    if abs(away) > _FARTHEST:
        raise OverflowError
    month = (today.year * 12 + today.month - 1) // length * length + away * length
    return date(month // 12, month % 12 + 1, 1)


_BEGINS: dict[str, Callable[[date, int], date]] = {
    "DAY": _day,
    "WEEK": _week,
    "MONTH": lambda today, away: _months(today, 1, away),
    "QUARTER": lambda today, away: _months(today, 3, away),
    "YEAR": lambda today, away: _months(today, 12, away),
}
