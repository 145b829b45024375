"""Salesforce ids: their checksum, their spelling, and new ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_POD = "5g"
_SERIAL_DIGITS = 5
_SHORT = 15


def full(core: str) -> str:
    """Return the 18-character form of a 15-character id.

    Each group of five characters gives one more: bit j says whether its j-th character is a
    capital.

    >>> full("001D000000IRFma")
    '001D000000IRFmaIAH'
    """
    groups = (core[start : start + 5] for start in (0, 5, 10))
    return core + "".join(
        _CHECKSUM[sum(1 << j for j, char in enumerate(group) if "A" <= char <= "Z")]
        for group in groups
    )


def canonical(text: str) -> str | None:
    """Return the 18-character form of an id in any spelling, or None where it is no id.

    A suffix restores the case that a tool has lost, as in Salesforce.

    >>> canonical("001d000000irfmaiah"), canonical("001D000000IRFma"), canonical("Ada")
    ('001D000000IRFmaIAH', '001D000000IRFmaIAH', None)
    """
    if not _ID.fullmatch(text):
        return None
    if len(text) == _SHORT:
        return full(text)
    capitals = []
    for char in text[_SHORT:].upper():
        bits = _CHECKSUM.find(char)
        if bits < 0:
            return None
        capitals += [bool(bits >> j & 1) for j in range(5)]
    core = "".join(
        char.upper() if capital else char.lower()
        for char, capital in zip(text[:_SHORT], capitals, strict=True)
    )
    return full(core)


class Serials:
    """Gives new ids: a number a prefix, counted up from a drawn start."""

    def __init__(self, draws: random.Random) -> None:
        self._draws = draws
        self._next: dict[str, int] = {}

    def new(self, prefix: str) -> str:
        """Return the next id of a three-character prefix."""
        base = len(_DIGITS)
        if prefix not in self._next:
            self._next[prefix] = self._draws.randrange(base**3, base**4)
        number = self._next[prefix]
        self._next[prefix] = number + 1
        serial = ""
        for _ in range(_SERIAL_DIGITS):
            number, digit = divmod(number, base)
            serial = _DIGITS[digit] + serial
        return full(f"{prefix}{_POD}00000{serial}")
