"""How many lists an account may have, and when it comes near."""

from __future__ import annotations

MOST_LISTS = 1_000
"""Lists that the vendor lets an account have (Constant Contact, "Lists overview")."""

_NEAR = 950


def near_most(count: int) -> str | None:
    """Return a warning where an account has nearly as many lists as it may have.

    >>> near_most(949), near_most(960)
    (None, 'Constant Contact has 960 of the 1,000 lists that it takes')
    """
    if count < _NEAR:
        return None
    return f"Constant Contact has {count:,} of the {MOST_LISTS:,} lists that it takes"
