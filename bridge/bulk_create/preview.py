"""What saving the Selected List would do: who is added, who is passed over, what it costs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

from bridge.bulk_create.drafts import SQL, place_of
from bridge.bulk_create.reasons import why_not
from bridge.bulk_create.search import read_facts
from bridge.constant_contact.forecast import forecast, one_by_one
from bridge.delivery.bulk.choose import BEGIN_AT, bulk_calls, single_calls
from bridge.delivery.work import INTERACTIVE, WEBHOOK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg

    from bridge.bulk_create.model import Bulk, Facts
    from bridge.constant_contact.spending import Spending
    from bridge.mapping.model import Mapping as FieldMapping

_NEW_A_POST = 1_000
_KNOWN_A_POST = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """The Selected List, judged as things stand now.

    Attributes:
        added: Who would be added.
        skipped: Who would not, each with the reason.
    """

    added: Sequence[Facts] = ()
    skipped: Sequence[tuple[Facts, str]] = ()
    by_reason: Mapping[str, int] = field(default_factory=dict)

    @property
    def shared(self) -> list[Facts]:
        """Those who would be added at an address that others have as well."""
        return [one for one in self.added if one.sharers]

    @property
    def addresses(self) -> int:
        """How many addresses there are among those who would be added."""
        return len({one.email_key for one in self.added})

    @property
    def new_there(self) -> int:
        """How many contacts would be created in Constant Contact."""
        return len({one.email_key for one in self.added if one.cc_contact_id is None})


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What a save takes in Constant Contact.

    Attributes:
        ends_at: When the last call ends (UTC); None: not under these limits.
        moment: When this was reckoned (UTC).
    """

    calls: int
    ends_at: datetime | None
    moment: datetime

    @property
    def words(self) -> str:
        """Tell whether the day's allowance is enough."""
        if self.ends_at is None:
            return "the daily allowance is never enough under these limits"
        if self.ends_at.date() == self.moment.date():
            return "daily allowance is enough"
        days = (self.ends_at.date() - self.moment.date()).days
        day = "tomorrow" if days == 1 else f"on {self.ends_at.day} {self.ends_at:%b}"
        return f"ends {day} {self.ends_at:%H:%M}"


def preview(tx: psycopg.Connection[Any], bulk: Bulk, mapping: FieldMapping) -> Preview:
    """Return what saving would do as both mirrors stand now."""
    rows = tx.execute(SQL["selected"], place_of(bulk)).fetchall()
    judged = [(one, why_not(one)) for one in read_facts(tx, bulk.connection_id, rows, mapping)]
    skipped = [(one, reason) for one, reason in judged if reason is not None]
    return Preview(
        added=[one for one, reason in judged if reason is None],
        skipped=skipped,
        by_reason=dict(Counter(reason for _, reason in skipped).most_common()),
    )


def cost_of(found: Preview, spending: Spending) -> Cost:
    """Return what a save takes, behind all that waits already."""
    lane = lane_of(found.addresses)
    calls = calls_of(found.addresses, found.new_there)
    before = sum(one_by_one(waiting, count) for waiting, count in spending.backlog.items())
    told = forecast(
        {lane: found.addresses},
        limits=spending.limits,
        used=spending.used,
        moment=spending.moment,
        begins_at=spending.paused_until,
        price=lambda _lane, _subjects: calls + before,
    )
    return Cost(calls=calls, ends_at=told.ends_at, moment=spending.moment)


def calls_of(addresses: int, new_there: int) -> int:
    """Return about how many calls to Constant Contact some addresses take.

    >>> calls_of(80, 80), calls_of(4_000, 1_000)
    (160, 22)
    """
    if addresses <= BEGIN_AT:
        return single_calls(addresses)
    posts = ceil(new_there / _NEW_A_POST) + ceil((addresses - new_there) / _KNOWN_A_POST)
    return bulk_calls(addresses, activities=posts, pages_before=1)


def lane_of(addresses: int) -> int:
    """Return the lane of a save: a large one goes in bulk, where no person's save waits behind it.

    >>> lane_of(100), lane_of(101)
    (1, 2)
    """
    return INTERACTIVE if addresses <= BEGIN_AT else WEBHOOK
