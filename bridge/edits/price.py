"""What it takes to bring contacts up to another mapping: calls, and how many go singly. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from bridge.constant_contact.forecast import forecast
from bridge.delivery.bulk.choose import BEGIN_IN_A_RUN, bulk_calls, single_calls

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.constant_contact.spending import Spending
    from bridge.edits.tally import Tally

_A_POST = 5_000  # rows of one import, about
_RECONCILE = 3  # the lane of runs


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """What a run has to do for some contacts.

    Attributes:
        in_bulk: Contacts that go in bulk.
        singly: Contacts that go one by one: few, or what no bulk activity can say.
        calls: About how many calls to Constant Contact that takes, beside reading both sides.
    """

    in_bulk: int
    singly: int
    calls: int


def price_of(tally: Tally) -> Price:
    """Return what it takes to make contacts as a tally says.

    >>> from bridge.edits.tally import Tally
    >>> price_of(Tally(counts={"changed": 12_340}, singly=40))
    Price(in_bulk=12300, singly=40, calls=115)
    """
    counts = tally.counts
    plain = counts.get("changed", 0) - tally.singly + counts.get("left_out", 0)
    singly = tally.singly + counts.get("taken_in", 0)
    if plain < BEGIN_IN_A_RUN:
        return Price(in_bulk=0, singly=plain + singly, calls=single_calls(plain + singly))
    posts = ceil(plain / _A_POST)
    calls = bulk_calls(plain, activities=posts, pages_before=1) + single_calls(singly)
    return Price(in_bulk=plain, singly=singly, calls=calls)


def ends_at(price: Price, spending: Spending) -> datetime | None:
    """Return when the last of the calls is made if they begin now; None: not under these limits."""
    found = forecast(
        {_RECONCILE: price.in_bulk + price.singly},
        limits=spending.limits,
        used=spending.used,
        moment=spending.moment,
        begins_at=spending.paused_until,
        price=lambda _lane, _subjects: price.calls,
    )
    return found.ends_at
