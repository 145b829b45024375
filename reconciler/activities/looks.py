"""Decide which reports of a mailing are worth a call: what moved, and what is due by age. Pure.

The vendor's counts tell what moved, but they are cached, so every mailing is looked at again
regardless: soon while it is young, seldom when it is old.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.mapping.interaction import EVENT_KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.mapping.interaction import EventKind

    Counts = Mapping[EventKind, int]

HORIZON = timedelta(days=760)
"""Older mailings take no part: events are kept for 25 months."""

OVERLAP = timedelta(hours=6)
"""Rows may become visible late: so much of what was read is read again."""

_LOOKS = (
    (timedelta(days=3), timedelta(hours=20)),
    (timedelta(days=30), timedelta(days=6)),
    (timedelta(days=180), timedelta(days=27)),
)
_SELDOM = timedelta(days=90)


def kinds_to_read(
    before: Counts | None, after: Counts | None, *, is_due: bool
) -> tuple[EventKind, ...]:
    """Return the kinds of events of a mailing to read.

    Args:
        before: The counts when it was last chosen; None: never.
        after: The counts now, as far as they are told; None: the vendor does not know it.
        is_due: It is to be looked at whatever the counts say.

    >>> kinds_to_read({"send": 9, "open": 1}, {"send": 9, "open": 2}, is_due=False)
    ('open',)
    """
    if after is None:
        return ()
    if before is None or is_due:
        return EVENT_KINDS
    return tuple(
        kind for kind in EVENT_KINDS if kind in after and after[kind] != before.get(kind, 0)
    )


def next_look_in(age: timedelta | None) -> timedelta:
    """Return how long a mailing of this age need not be looked at; None: its age is not known.

    >>> next_look_in(timedelta(days=10)).days
    6
    """
    if age is None:
        return _LOOKS[0][1]
    return next((wait for limit, wait in _LOOKS if age < limit), _SELDOM)
