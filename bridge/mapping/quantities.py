"""What the transforms of numbers do, and what a date is: Salesforce's text in, people's out.

All are total but for `ValueError`, whose message says what was expected and never holds the value.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MOST_DIGITS = 20  # with 6 decimals still within the 28 digits that Decimal keeps


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


def percent(text: str, decimals: int, thousands: str, point: str, whole_is: int) -> str:
    """Return a percentage as people write it; what 100 percent are, 1 or 100, is `whole_is`.

    >>> percent("12.5", 1, ",", ".", 100), percent("0.125", 1, ",", ".", 1)
    ('12.5%', '12.5%')

    Raises:
        ValueError: If the text is no number.
    """
    value = decimal_of(text).scaleb(2) if whole_is == 1 else decimal_of(text)
    return number(str(value), decimals, thousands, point, "") + "%"


def round_to(text: str, unit: Decimal) -> str:
    """Return the nearest multiple of a unit; halves are rounded to the even one.

    >>> round_to("1234567.0", Decimal(1000)), round_to("1.13", Decimal("0.05"))
    ('1235000', '1.15')

    Raises:
        ValueError: If the text is no number.
    """
    value = (decimal_of(text) / unit).quantize(Decimal(1), ROUND_HALF_EVEN) * unit
    plain = f"{value:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain == "-0" else plain


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
