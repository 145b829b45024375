"""What the code of a mapping refuses by itself: empty keys, missing values, texts too long."""

from __future__ import annotations

from typing import NoReturn


class NoKey(ValueError):
    """What a record is matched by is empty or not known."""


def missing() -> NoReturn:
    """Refuse an empty value that is required."""
    raise ValueError("empty, and it is required")


def no_key() -> NoReturn:
    """Refuse an empty value that records are matched by."""
    raise NoKey("empty: there is nothing to match this record by")


def not_known() -> NoReturn:
    """Refuse to go on without what records are matched by."""
    raise NoKey("not known: there is nothing to match this record by")


def too_long(length: int, limit: int) -> NoReturn:
    """Refuse a text of more characters than there may be."""
    raise ValueError(f"{length} characters; {limit} are allowed (`too_long: cut` would shorten it)")
