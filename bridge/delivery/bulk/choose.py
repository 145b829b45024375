"""When a backlog goes in bulk: where that costs fewer calls, and is no slower. Pure.

One by one a change costs two calls, a read and a write, so a hundred take a minute. In bulk it
costs a share of an import, of the polls, and of the pages read before and after; but nothing ends
before the whole activity has. So few changes always go singly, within seconds, and a round that is
under way takes in what it would not have begun for.
"""

from __future__ import annotations

from math import ceil

BEGIN_AT = 100
"""Due subjects that begin a round: one by one they would keep the account busy for a minute."""
BEGIN_IN_A_RUN = 40
"""The same of a run: it has read the account already, and nobody waits for it by the second."""
GO_ON_AT = 10
"""Due subjects that a round which has read the account already still takes in."""
A_PAGE = 500
"""Contacts a page, at most."""
LOOKS = 2
"""Calls of a look that finds nothing: who changed, and who opted out."""
POLLS = 3
ACTIVITIES_A_PAGE = 100


def single_calls(subjects: int) -> int:
    """Return the calls that subjects cost one by one: each is read and written."""
    return 2 * subjects


def bulk_calls(subjects: int, *, activities: int, pages_before: int) -> int:
    """Return the calls that subjects cost in bulk.

    Args:
        subjects: How many.
        activities: Posts they are cut into.
        pages_before: Pages to be read before anything can be decided.

    >>> bulk_calls(1000, activities=3, pages_before=1)
    12
    """
    polls = POLLS * ceil(activities / ACTIVITIES_A_PAGE)
    read_back = ceil(subjects / A_PAGE) + 1
    return pages_before + LOOKS + activities + polls + read_back


def pays(subjects: int, *, pages_before: int) -> bool:
    """Tell whether a round is worth its calls once it is known how much has to be read first.

    >>> pays(150, pages_before=1), pays(150, pages_before=400), pays(5, pages_before=0)
    (True, False, False)
    """
    if subjects < GO_ON_AT:
        return False
    cost = bulk_calls(subjects, activities=1, pages_before=pages_before)
    return cost < single_calls(subjects)
