"""The ledger of consent in words: changes, how they stand, how long they took. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.consent.audit import Lag
    from bridge.consent.chain import Verdict
    from bridge.consent.clock import Change

CHANGES: Mapping[str, str] = {
    "ticked": "Do Not Email ticked",
    "unticked": "Do Not Email unticked",
    "opted_out": "Unsubscribed",
    "opted_in": "Subscribed",
    "complained": "Complained of spam",
    "left_list": "Left a list",
    "put_back": "Put back on a list",
    "evidence": "Evidence given",
    "approved": "Request approved",
    "held": "Put under hold",
    "released": "Hold ended",
    "erased": "Erased",
}
"""Change of the ledger -> how pages call it."""

STANDS: Mapping[str, str] = {
    "late": "Late",
    "seen": "Seen",
    "sent": "Sent",
    "confirmed": "Confirmed",
    "refused": "Refused",
    "recorded": "Recorded",
}
"""How a change stands -> how pages call it."""

SIDES: Mapping[str, str] = {
    "practifi": "in Practifi",
    "constant_contact": "in Constant Contact",
    "console": "in the console",
}

_LOOKS = {"confirmed": "good", "recorded": "", "refused": "bad"}
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeView:
    """A change as a row.

    Attributes:
        took: From seen to confirmed, in words; empty while it is not confirmed.
        cause: By what it was seen.
    """

    change: Change
    what: str
    where: str
    stands: str
    look: str
    took: str
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class LagView:
    """How long one kind of change took."""

    what: str
    says: str
    late: int


def change_view(change: Change) -> ChangeView:
    """Return a change as its row says it."""
    lag_s = change.lag_s
    return ChangeView(
        change=change,
        what=CHANGES.get(change.change, change.change),
        where=SIDES.get(change.side, change.side),
        stands="Late" if change.is_late else STANDS[change.stands],
        look="bad" if change.is_late else _LOOKS.get(change.stands, "wait"),
        took="" if lag_s is None else duration(lag_s),
        cause=f"{change.cause_kind} {change.cause_id}".strip(),
    )


def lag_view(lag: Lag) -> LagView:
    """Return a lag as a line."""
    says = f"none confirmed, {lag.sent_only:,} sent"
    if lag.median_s is not None and lag.worst_s is not None:
        says = (
            f"{lag.confirmed:,} confirmed, median {duration(lag.median_s)}, worst "
            f"{duration(lag.worst_s)}; {lag.sent_only:,} sent and not confirmed"
        )
    return LagView(what=CHANGES[lag.change], says=says, late=lag.late)


def verdict_line(verdict: Verdict) -> str:
    """Return what a check of the chain came to.

    >>> from bridge.consent.chain import Verdict
    >>> verdict_line(Verdict(entries=1204, anchored=1, faults=()))
    'The chain holds: 1,204 entries, 1 of them as exported.'
    """
    count = f"{verdict.entries:,} {'entry' if verdict.entries == 1 else 'entries'}"
    anchored = f", {verdict.anchored:,} of them as exported" if verdict.anchored else ""
    return f"The chain {'is BROKEN' if verdict.faults else 'holds'}: {count}{anchored}."


def duration(seconds: float) -> str:
    """Return a length of time as people say it.

    >>> [duration(each) for each in (3.21, 59.9, 65, 7_500, 90_000)]
    ['3.2 s', '60 s', '1 min 5 s', '2 h 5 min', '1 d 1 h']
    """
    if seconds < 10:  # noqa: PLR2004 -- tenths tell something
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole <= _MINUTE_S:
        return f"{whole} s"
    for unit, name, part, part_name in (
        (_DAY_S, "d", _HOUR_S, "h"),
        (_HOUR_S, "h", _MINUTE_S, "min"),
        (_MINUTE_S, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // part
            return f"{whole // unit} {name}" + (f" {rest} {part_name}" if rest else "")
    return f"{whole} s"
