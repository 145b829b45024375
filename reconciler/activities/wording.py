"""Word the Interactions of one mailing; those whose acts read the same are worded once.

Of a mailing to thousands most people did nothing but get it, in the same few minutes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.activities.compose import SUBJECT_CHARACTERS, compose, moment_of
from reconciler.activities.model import Composed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from reconciler.activities.model import Mailing, Tally

_MOST = 5000


class Wording:
    """The words for one mailing; for one thread."""

    def __init__(
        self,
        mailing: Mailing,
        *,
        zone: ZoneInfo,
        details_max: int,
        subject_max: int = SUBJECT_CHARACTERS,
    ) -> None:
        self._mailing = mailing
        self._zone = zone
        self._details_max = details_max
        self._subject_max = subject_max
        self._known: dict[tuple[Any, ...], Composed] = {}

    def of(self, tallies: Sequence[Tally], others: Sequence[str] = ()) -> Composed:
        """Return what `compose` does."""
        key = (tuple(others), *map(_as_read, tallies))
        known = self._known.get(key)
        if known is None:
            known = compose(
                self._mailing,
                tallies,
                zone=self._zone,
                details_max=self._details_max,
                subject_max=self._subject_max,
                others=others,
            )
            if len(self._known) == _MOST:
                self._known.clear()
            self._known[key] = known
        return Composed(subject=known.subject, details=known.details, at=moment_of(tallies))


def _as_read(tally: Tally) -> tuple[Any, ...]:
    """Return what of a tally is in the words: times are there to the minute."""
    return (
        tally.kind,
        tally.count,
        _minute(tally.first_at),
        _minute(tally.last_at),
        tally.link_url,
        tally.bounce_code,
        tally.reason,
    )


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)
