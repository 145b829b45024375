"""What an error means for the subject that met it: the class is the decision. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.delivery.slots import LeaseWanted
from bridge.errors import (
    BridgeError,
    NoSlotNow,
    NotSettled,
    QuotaSpent,
    RecordError,
    Retryable,
    Terminal,
    Throttled,
)

if TYPE_CHECKING:
    from datetime import datetime

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 3600.0
_AFTER_TERMINAL_S = 30.0
_FOR_ANOTHER_S = 0.5
_DAY_SPENT_S = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Consequence:
    """What happens to a subject that could not be settled.

    Attributes:
        after_s: Seconds until it is due again; `until` (UTC) goes before it.
        reason: What the waiting notifications say meanwhile, or None.
        is_attempt: Whether it counts as a failed attempt.
        is_dead: Nobody but a person can mend the record.
        stops_connection: The next subject of the connection would meet the same.
    """

    after_s: float = 0.0
    until: datetime | None = None
    reason: str | None = None
    is_attempt: bool = False
    is_dead: bool = False
    stops_connection: bool = False


def consequence_of(  # noqa: PLR0911 -- one return a class of error
    error: BridgeError, attempts: int, jitter: float
) -> Consequence:
    """Return what an error means.

    Args:
        error: What stopped the subject.
        attempts: Attempts that failed before this one.
        jitter: A number from 0 to 1, so that not everybody comes back at once.

    >>> consequence_of(RecordError("no such value"), 0, 0.0).is_dead
    True
    """
    reason = str(error)
    match error:
        case LeaseWanted():
            return Consequence()
        case NotSettled():
            return Consequence(after_s=_FOR_ANOTHER_S, reason=reason)
        case NoSlotNow():
            return Consequence(until=error.due_at, reason="waits for the API allowance")
        case QuotaSpent():
            return Consequence(
                after_s=_DAY_SPENT_S, until=error.until, reason=reason, stops_connection=True
            )
        case Throttled():
            return Consequence(after_s=error.after_s or _FIRST_WAIT_S, reason=reason)
        case RecordError():
            return Consequence(reason=reason, is_dead=True)
        case Terminal():
            return Consequence(after_s=_AFTER_TERMINAL_S, reason=reason, stops_connection=True)
        case _:
            asked_s = error.after_s if isinstance(error, Retryable) else None
            after_s = asked_s or next_wait_s(attempts, jitter)
            return Consequence(after_s=after_s, reason=reason, is_attempt=True)


def next_wait_s(attempts: int, jitter: float) -> float:
    """Return the wait before the next attempt, in seconds: doubling, with half of it by chance.

    Args:
        attempts: Attempts that failed before this one.
        jitter: A number from 0 to 1.

    >>> next_wait_s(0, 1.0), next_wait_s(3, 0.0), next_wait_s(40, 1.0)
    (1.0, 4.0, 3600.0)
    """
    whole = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(attempts, 20))
    return whole * (0.5 + 0.5 * jitter)
