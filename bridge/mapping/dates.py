"""Dates and times as people write them: the patterns of a mapping, and local times. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

from bridge.mapping.quantities import day_of

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_DATE_PARTS = ("YYYY", "YY", "MMMM", "MMM", "MM", "M", "DD", "D", "dddd", "ddd")
_TIME_PARTS = ("HH", "H", "hh", "h", "mm", "ss", "A", "a")
_WORDS_APART = re.compile(r"\[[^\[\]]*\]|[^\W\d_]+")
_NOON = 12


def _one_of(parts: tuple[str, ...]) -> str:
    return "|".join(parts)


_PART = re.compile(rf"\[([^\[\]]*)\]|{_one_of(_DATE_PARTS)}|{_one_of(_TIME_PARTS)}")
# Possessive, for a word is read from the left, as it is written out: other ways to part it, of
# which there are very many, count for nothing.
_DATES_ONLY = re.compile(rf"(?:{_one_of(_DATE_PARTS)})++")
_TIMES_TOO = re.compile(rf"(?:{_one_of(_DATE_PARTS + _TIME_PARTS)})++")
_HAS_TIME = re.compile(_one_of(_TIME_PARTS))


def sound_pattern(pattern: str, *, has_time: bool) -> str:
    """Return the pattern of a date, or of a date and time, if every word of it means something.

    Raises:
        ValueError: If it has letters that are no part of it; words belong in square brackets.
    """
    for match in _WORDS_APART.finditer(pattern):
        word = match[0]
        if word.startswith("[") or (_TIMES_TOO if has_time else _DATES_ONLY).fullmatch(word):
            continue
        if _TIMES_TOO.fullmatch(word):
            raise ValueError(f"`{word}` is a part of a time: use `date_time` for it")
        raise ValueError(f"`{word}` is no part of a date: put words in square brackets, [{word}]")
    return pattern


def format_date(text: str, pattern: str) -> str:
    """Return a date by a pattern.

    >>> format_date("2026-07-04T09:15:00.000Z", "dddd, D MMMM YYYY")
    'Saturday, 4 July 2026'

    Raises:
        ValueError: If the text is no date.
    """
    day = day_of(text)
    return _written(datetime(day.year, day.month, day.day, tzinfo=UTC), pattern)


def format_time(text: str, pattern: str, zone: tzinfo | None) -> str:
    """Return a date and time by a pattern: those of a zone, or as the text has them.

    >>> from zoneinfo import ZoneInfo
    >>> zone = ZoneInfo("Australia/Sydney")
    >>> format_time("2026-11-28T10:05:00.000+0000", "D MMMM [at] h:mm a", zone)
    '28 November at 9:05 pm'

    Raises:
        ValueError: If the text is no time. A date alone is enough for a pattern without one, and
            is of no zone.
    """
    if "T" in text or _HAS_TIME.search(re.sub(r"\[[^\[\]]*\]", "", pattern)):
        return _written(_local(text, zone) if zone else _time_of(text), pattern)
    return format_date(text, pattern)


def in_zone(text: str, zone: tzinfo) -> str:
    """Return the local time of a time in UTC; a plain date stays as it is.

    >>> from zoneinfo import ZoneInfo
    >>> in_zone("2026-11-02T20:15:00.000Z", ZoneInfo("Australia/Sydney"))
    '2026-11-03T07:15:00'

    Raises:
        ValueError: If the text is neither a date nor a time.
    """
    if "T" not in text:
        return day_of(text).isoformat()
    return _local(text, zone).replace(tzinfo=None).isoformat(timespec="seconds")


def _time_of(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip()) if "T" in text else None
    except ValueError:
        at = None
    if at is None:
        raise ValueError("not a time such as 2026-11-02T09:15:00.000Z")
    return at


def _local(text: str, zone: tzinfo) -> datetime:
    at = _time_of(text)
    try:
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(zone)
    except OverflowError:
        raise ValueError("not a time such as 2026-11-02T09:15:00.000Z") from None


def _written(at: datetime, pattern: str) -> str:
    hour = at.hour % _NOON or _NOON
    parts = {
        "YYYY": f"{at.year:04}",
        "YY": f"{at.year % 100:02}",
        "MMMM": _MONTHS[at.month - 1],
        "MMM": _MONTHS[at.month - 1][:3],
        "MM": f"{at.month:02}",
        "M": str(at.month),
        "DD": f"{at.day:02}",
        "D": str(at.day),
        "dddd": _DAYS[at.weekday()],
        "ddd": _DAYS[at.weekday()][:3],
        "HH": f"{at.hour:02}",
        "H": str(at.hour),
        "hh": f"{hour:02}",
        "h": str(hour),
        "mm": f"{at.minute:02}",
        "ss": f"{at.second:02}",
        "A": "AM" if at.hour < _NOON else "PM",
        "a": "am" if at.hour < _NOON else "pm",
    }
    return _PART.sub(lambda match: parts.get(match[0], match[1] or ""), pattern)
