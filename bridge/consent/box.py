"""What happened to the *Do Not Email* box of one contact, from two states of its record. Pure.

An untick lifts an opt-out, so it counts only where a tick before it is on record: a first sight of
a record, a backfill, a restore or a change of the mapping is no untick.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

_APART = timedelta(seconds=2)
"""How far the stamps of one save may be apart."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Box:
    """The box as one state of the record tells it.

    Attributes:
        ticked: None is not known.
        stamp: When the org says that somebody last unticked it.
        stamped_by: Who that was, as the org stamped it.
        modstamp: SystemModstamp of the state; of one that is known from its record alone, when it
            changed.
        user_id: Who saved the record last, whatever they changed.
    """

    ticked: bool | None
    stamp: datetime | None = None
    stamped_by: str | None = None
    modstamp: datetime | None = None
    user_id: str | None = None


class RecordedBox(NamedTuple):
    """The box as it was last recorded to change, and when it did."""

    ticked: bool
    changed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class BoxChange:
    """One change of the box, as a person did it."""

    contact_id: str
    changed_at: datetime
    ticked: bool
    user_id: str | None
    seen_by: Literal["stamp", "notification", "snapshot", "console"]


def box_changes(
    contact_id: str, before: Box | None, after: Box, *, seen_at: datetime
) -> tuple[BoxChange, ...]:
    """Return what happened to the box between two states of a contact, oldest first.

    `before` is None at the first sight of the record. A stamp that is newer than the last known one
    proves a tick and an untick even where both saves arrived as one message with the box clear.
    """
    if after.ticked is None:
        return ()
    at = after.modstamp or seen_at

    def change(*, ticked: bool, changed_at: datetime, stamped: bool = False) -> BoxChange:
        return BoxChange(
            contact_id=contact_id,
            changed_at=changed_at,
            ticked=ticked,
            user_id=(stamped and after.stamped_by) or after.user_id,
            seen_by="stamp" if stamped else "notification",
        )

    if before is None:
        return (change(ticked=True, changed_at=at),) if after.ticked else ()
    stamped = _newer(after.stamp, before.stamp)
    if after.ticked:
        return () if before.ticked else (change(ticked=True, changed_at=at),)
    if before.ticked:
        stamped = stamped or _is_of_its_second(after.stamp, before.modstamp)
        untick_at = after.stamp if stamped and after.stamp else at
        return (change(ticked=False, changed_at=untick_at, stamped=stamped),)
    if stamped and after.stamp:
        return (
            change(ticked=True, changed_at=after.stamp - timedelta(microseconds=1), stamped=True),
            change(ticked=False, changed_at=after.stamp, stamped=True),
        )
    return ()


def _newer(stamp: datetime | None, known: datetime | None) -> bool:
    return stamp is not None and (known is None or stamp > known)


def _is_of_its_second(stamp: datetime | None, ticked_at: datetime | None) -> bool:
    """Tell whether a stamp that was known already may be that of the untick after a tick.

    Two unticks of one second have one stamp; whoever saved the record since did not untick it.
    """
    return stamp is not None and ticked_at is not None and stamp >= ticked_at.replace(microsecond=0)


def is_of_merge(stamp: datetime | None, ticked_at: datetime | None, merged_at: datetime) -> bool:
    """Tell whether a merge may have cleared a box; in doubt it has.

    Args:
        stamp: When the organization says that the box was last unticked.
        ticked_at: The last tick on record; None: there is none that stands.
        merged_at: When another record was merged into this one.

    >>> from datetime import UTC
    >>> tick, merge, stamp = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (9, 10, 11))
    >>> is_of_merge(None, tick, merge), is_of_merge(merge, tick, merge)
    (True, True)
    >>> is_of_merge(stamp, tick, merge), is_of_merge(None, stamp, merge)
    (False, False)
    """
    if stamp is not None and (ticked_at is None or stamp >= ticked_at.replace(microsecond=0)):
        return abs(stamp - merged_at) <= _APART
    return ticked_at is not None and merged_at >= ticked_at.replace(microsecond=0)
