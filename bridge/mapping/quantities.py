"""What the transforms of numbers, money and dates do: Salesforce's text in, people's text out.

All are total but for `ValueError`, whose message says what was expected and never holds the value.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_DIGITS = 20  # with 6 decimals still within the 28 digits that Decimal keeps
_PART = re.compile(r"YYYY|YY|MMMM|MMM|MM|M|DD|D")
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


def decimal_of(text: str) -> Decimal:
    """Return the number that Salesforce wrote: `24`, `24.0`, `1.2E7`.

    Raises:
        ValueError: If the text is no finite number.
    """
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError("not a number") from None
    if not number.is_finite() or number.adjusted() > _MOST_DIGITS:
        raise ValueError("not a number that can be written out")
    return number


def number(text: str, decimals: int, thousands: str, point: str, symbol: str) -> str:
    """Return a number as people write it; halves are rounded to the even digit.

    >>> number("1234567.5", 2, ",", ".", "$"), number("-0.2", 0, "", ".", "")
    ('$1,234,567.50', '0')

    Raises:
        ValueError: If the text is no number.
    """
    value = decimal_of(text).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    plain = f"{abs(value):,.{decimals}f}"
    written = plain.replace(",", "\0").replace(".", point).replace("\0", thousands)
    return f"{'-' if value < 0 else ''}{symbol}{written}"


def band(text: str, limits: Sequence[Decimal | None], names: Sequence[str]) -> str:
    """Return the name of the first range whose limit lies above the number; "" where none does.

    >>> band("250000.0", (Decimal(100000), Decimal(500000), None), ("Core", "Gold", "Private"))
    'Gold'

    Raises:
        ValueError: If the text is no number.
    """
    value = decimal_of(text)
    return next(
        (name for limit, name in zip(limits, names, strict=True) if limit is None or value < limit),
        "",
    )


def day_of(text: str) -> date:
    """Return the day of a Salesforce date or time (its own day: no change of zone).

    Raises:
        ValueError: If the text is no date.
    """
    if text[4:8:3] != "--" or text[10:11] not in {"", "T"}:
        raise ValueError("not a date such as 2026-11-02")
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise ValueError("not a date such as 2026-11-02") from None


def month_and_day(text: str | None) -> tuple[int | None, int | None]:
    """Return the month and the day of a date, or twice None for no text.

    >>> month_and_day("1985-07-04"), month_and_day("")
    ((7, 4), (None, None))

    Raises:
        ValueError: If the text is no date.
    """
    if not text:
        return None, None
    day = day_of(text)
    return day.month, day.day


def whole(text: str | None, least: int, most: int) -> int | None:
    """Return a whole number within bounds, or None for no text.

    >>> whole("12.0", 1, 12), whole("", 1, 12)
    (12, None)

    Raises:
        ValueError: If the text is no whole number, or out of bounds.
    """
    if not text:
        return None
    value = decimal_of(text)
    if value != value.to_integral_value() or not least <= value <= most:
        raise ValueError(f"not a whole number from {least} to {most}")
    return int(value)


def format_date(text: str, pattern: str) -> str:
    """Return a date by a pattern of YYYY, YY, MMMM (July), MMM (Jul), MM, M, DD, D.

    >>> format_date("2026-07-04T09:15:00.000Z", "D MMMM YYYY")
    '4 July 2026'

    Raises:
        ValueError: If the text is no date.
    """
    day = day_of(text)
    parts = {
        "YYYY": f"{day.year:04}",
        "YY": f"{day.year % 100:02}",
        "MMMM": _MONTHS[day.month - 1],
        "MMM": _MONTHS[day.month - 1][:3],
        "MM": f"{day.month:02}",
        "M": str(day.month),
        "DD": f"{day.day:02}",
        "D": str(day.day),
    }
    return _PART.sub(lambda match: parts[match[0]], pattern)


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
    try:
        at = datetime.fromisoformat(text)
        local = at.replace(tzinfo=at.tzinfo or UTC).astimezone(zone)
    except (ValueError, OverflowError):
        raise ValueError("not a time such as 2026-11-02T09:15:00.000Z") from None
    return local.replace(tzinfo=None).isoformat(timespec="seconds")
