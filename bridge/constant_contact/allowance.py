"""What a connection may spend of the day that the vendor gives an API application. Pure.

The day has reserves: consent may spend all of it, people at a screen leave the consent reserve,
what people save leaves theirs too, runs leave all three. Of what is left for a lane, each
connection has a share by its weight, which nobody else may take while the day is young; what it
does not use is released by the hour of the UTC day, from nothing in the first hour to all of it in
the last. So a connection may always use its share of what is left, and none is lost where others
have no use for theirs. The statement `take_slot` grants by the same rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LAST_HOUR = 23
_SECOND_AND_JITTER_MS = 1040
"""N gaps span a second, the 25 ms by which a caller may be late unpunished, and 15 ms more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one API application may do.

    Attributes:
        per_second: Calls in any second.
        per_day: Calls from 0:00 to 0:00 UTC.
        consent_reserve: Calls of the day that are kept for changes of consent.
        interactive_reserve: Calls that are kept, before those, for people at a screen.
        webhook_reserve: Calls that are kept, before both, for what people save.
    """

    per_second: int = 4
    per_day: int = 10_000
    consent_reserve: int = 500
    interactive_reserve: int = 250
    webhook_reserve: int = 750

    @property
    def gap_ms(self) -> int:
        """Return the milliseconds between two calls: a second's worth, with room for jitter.

        >>> Limits().gap_ms, Limits(per_second=10).gap_ms
        (260, 104)
        """
        return ceil(_SECOND_AND_JITTER_MS / self.per_second)

    def ceiling(self, lane: int) -> int:
        """Return how many calls of the day may be used up before a lane gets none.

        >>> [Limits().ceiling(lane) for lane in range(5)]
        [10000, 9500, 9250, 8500, 8500]
        """
        reserves = (self.consent_reserve, self.interactive_reserve, self.webhook_reserve)
        return self.per_day - sum(reserves[:lane])


def check_limits(limits: Limits) -> None:
    """Refuse limits under which somebody could never call.

    Raises:
        ConfigurationError: If a number is out of its range or the reserves take the whole day.
    """
    if limits.per_second < 1:
        raise ConfigurationError("at least one call a second is needed")
    reserves = (limits.consent_reserve, limits.interactive_reserve, limits.webhook_reserve)
    if min(reserves) < 0:
        raise ConfigurationError("a reserve cannot be less than no call")
    if sum(reserves) >= limits.per_day:
        kept = " + ".join(f"{reserve:,}" for reserve in reserves)
        raise ConfigurationError(
            f"the reserves for consent, people and webhook ({kept}) leave nothing of "
            f"{limits.per_day:,} calls a day: set lower ones in the same command"
        )


def calls_left(
    limits: Limits,
    lane: int,
    connection: int,
    *,
    weights: Mapping[int, int],
    used: Mapping[int, int],
    hour: int,
) -> int:
    """Return how many calls a connection may make now, one after the other, if nobody else does.

    Args:
        limits: What the application may do.
        lane: For what the calls are.
        connection: Whose they are.
        weights: Connection -> weight of its share, of all that use the application.
        used: Connection -> its calls of the day so far, in whatever lane.
        hour: The hour of the UTC day, 0 to 23.

    >>> calls_left(Limits(), 2, 1, weights={1: 1, 2: 1}, used={}, hour=0)
    4625
    >>> calls_left(Limits(), 2, 1, weights={1: 1, 2: 1}, used={}, hour=23)
    9250
    """
    ceiling = limits.ceiling(lane)
    left = ceiling - sum(used.values())
    if left <= 0 or lane == 0:
        return max(0, left)
    unused = {
        each: max(0, ceiling * weight // sum(weights.values()) - used.get(each, 0))
        for each, weight in weights.items()
    }
    own = unused.pop(connection)
    kept = sum(unused.values()) * (_LAST_HOUR - hour) // _LAST_HOUR
    return min(left, max(own, left - kept))
