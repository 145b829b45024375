"""Which rows of an activity the vendor's error lines are about. Pure.

The wording of these lines is published nowhere. A line counts for a row where it gives the row's
number, its address or its contact's id; a row that no line names is read back like any other, and
what it still needs goes singly and meets the vendor's words there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.connections.wire import vendor_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NUMBER = re.compile(r"\b(?:row|line|record|item)\b\W{0,3}(\d{1,5})\b", re.IGNORECASE)
_ADDRESS = re.compile(r"[^\s@<>()\[\]\"',;:]+@[^\s@<>()\[\]\"',;:]+")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def blamed(errors: Iterable[str], rows: Mapping[int, str]) -> dict[int, str]:
    """Return the vendor's words for each row that an error line names, without addresses.

    Args:
        errors: The activity's error lines.
        rows: Number of each row, counted from 1 -> its address or its contact's id.

    >>> blamed(["Row 2: birthday_day does not have a valid value"], {1: "a@b.c", 2: "d@e.f"})
    {2: 'birthday_day does not have a valid value'}
    """
    by_name = {name.lower(): number for number, name in rows.items()}
    found: dict[int, str] = {}
    for line in errors:
        number = _row_of(line, by_name)
        if number in rows:
            found.setdefault(number, vendor_words(_NUMBER.sub("", line).lstrip(" :.-")))
    return found


def _row_of(line: str, by_name: Mapping[str, int]) -> int:
    for pattern in (_ADDRESS, _ID):
        for name in pattern.findall(line):
            if name.lower().rstrip(".") in by_name:
                return by_name[name.lower().rstrip(".")]
    number = _NUMBER.search(line)
    return int(number[1]) if number else 0
