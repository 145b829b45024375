"""Times as Constant Contact writes and reads them. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_ANNIVERSARY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%m/%d/%Y", "%m-%d-%Y")
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?")


def written(at: datetime) -> str:
    """Return a time as contacts, lists, fields and activities carry it: UTC, whole seconds.

    >>> written(datetime(2024, 10, 30, 18, 56, 35, 999, tzinfo=UTC))
    '2024-10-30T18:56:35Z'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def written_ms(at: datetime) -> str:
    """Return a time as campaigns and reports carry it: UTC, with milliseconds.

    >>> written_ms(datetime(2019, 5, 16, 21, 14, 0, 7999, tzinfo=UTC))
    '2019-05-16T21:14:00.007Z'
    """
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def read_time(text: str) -> datetime | None:
    """Return a time given in a query, or None where it is no ISO 8601 time.

    The vendor's own client sends microseconds and an offset without a colon, so both are taken;
    without an offset the time is UTC.

    >>> read_time("2026-01-01T02:00:00.000000+0200").isoformat()
    '2026-01-01T00:00:00+00:00'
    >>> read_time("yesterday") is None
    True
    """
    if not _ISO.fullmatch(text):
        return None
    try:
        at = datetime.fromisoformat(text)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_anniversary(text: str) -> str | None:
    """Return an anniversary as it comes out again, or None where no format fits.

    Taken in are M/D/Y, Y/M/D, Y-M-D and M-D-Y (V3 reference, `anniversary`).

    >>> read_anniversary("11/15/2006"), read_anniversary("2006/11/15"), read_anniversary("15.11.06")
    ('2006-11-15', '2006-11-15', None)
    """
    for pattern in _ANNIVERSARY_FORMATS:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC).date().isoformat()
        except ValueError:
            continue
    return None


def is_day_of_month(month: int, day: int) -> bool:
    """Tell whether a month has this day in any year.

    >>> is_day_of_month(2, 29), is_day_of_month(4, 31)
    (True, False)
    """
    try:
        date(2000, month, day)
    except (ValueError, OverflowError):
        return False
    return True
