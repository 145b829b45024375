"""What an error means for the subject that met it: the class is the decision. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bridge.delivery.slots import LeaseWanted, TakenInVain
from bridge.errors import (
    BridgeError,
    NoSlotNow,
    NotSettled,
    OutOfService,
    QuotaSpent,
    RecordError,
    Retryable,
    Terminal,
    Throttled,
)

if TYPE_CHECKING:
    from datetime import datetime

PATIENCE_S = 7 * 86_400.0
"""Seconds for which what may succeed later is tried, from its first failure."""

_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 3600.0
_LONGEST_THROTTLE_S = 60.0
_FIRST_PROBE_S = 2.0
_LONGEST_PROBE_S = 120.0
_BEHIND_PROBE_S = 5.0
_AFTER_TERMINAL_S = 30.0
_FOR_ANOTHER_S = 0.5
_DAY_SPENT_S = 60.0


class Probe(NamedTuple):
    """A service that fails everybody.

    Attributes:
        after_s: Seconds until it is asked again.
        down_s: Seconds since it began to fail everybody; 0 where it may be this subject's fault.
    """

    after_s: float
    down_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Consequence:
    """What happens to a subject that could not be settled.

    Attributes:
        after_s: Seconds until it is due again; `until` (UTC) goes before it.
        reason: What the waiting notifications say meanwhile, or None.
        is_attempt: Whether it counts as a failed attempt.
        is_dead: Nobody but a person can mend the record.
        is_spent: It was tried for long enough: what has waited all the time is given up.
        waits_for: The service whose outage it waits out: due once that answers.
        behind: Keys of the subjects that it waits for: due once one of them is done.
        stops_connection: The next subject of the connection would meet the same.
        pauses_connection: Until a person has authorised it again.
    """

    after_s: float = 0.0
    until: datetime | None = None
    reason: str | None = None
    is_attempt: bool = False
    is_dead: bool = False
    is_spent: bool = False
    waits_for: str | None = None
    behind: tuple[str, ...] = ()
    stops_connection: bool = False
    pauses_connection: bool = False


def consequence_of(  # noqa: C901, PLR0911 -- one case a class of error
    error: BridgeError,
    attempts: int,
    jitter: float,
    *,
    failing_s: float = 0.0,
    probe: Probe | None = None,
) -> Consequence:
    """Return what an error means.

    Args:
        error: What stopped the subject.
        attempts: Attempts that failed before this one.
        jitter: A number from 0 to 1, so that not everybody comes back at once.
        failing_s: Seconds since the first of these attempts.
        probe: When the service at fault is asked again, where it fails everybody.

    >>> consequence_of(RecordError("no such value"), 0, 0.0).is_dead
    True
    """
    reason = str(error)
    match error:
        case LeaseWanted() | TakenInVain():
            return Consequence()
        case NotSettled():
            after_s = max(_FOR_ANOTHER_S, error.after_s or 0.0)
            return Consequence(after_s=after_s, reason=reason, behind=error.behind)
        case NoSlotNow():
            return Consequence(until=error.due_at, reason="waits for the API allowance")
        case QuotaSpent() if error.system == "salesforce":
            # Its allowance frees up bit by bit, and what needs nothing of it goes on.
            return Consequence(
                after_s=_DAY_SPENT_S if probe is None else probe.after_s + _BEHIND_PROBE_S,
                reason=reason,
                waits_for=None if probe is None else error.system,
            )
        case QuotaSpent():
            return Consequence(
                after_s=_DAY_SPENT_S, until=error.until, reason=reason, stops_connection=True
            )
        case OutOfService():
            return Consequence(reason=reason, waits_for=error.system)
        case RecordError():
            return Consequence(reason=reason, is_dead=True)
        case Terminal():
            return Consequence(
                after_s=_AFTER_TERMINAL_S,
                reason=reason,
                stops_connection=True,
                pauses_connection=True,
            )
        case _ if failing_s >= PATIENCE_S and (probe is None or failing_s > probe.down_s):
            days = f"{PATIENCE_S / 86_400:.0f} days"
            return Consequence(
                after_s=next_wait_s(attempts, jitter),
                reason=f"{reason} (tried for {days})",
                is_attempt=True,
                is_spent=True,
            )
        case Retryable() if probe is not None:
            # Behind the probe's time, so that the next probe is another subject. However long it
            # lasts, a subject that has failed in the outage alone may be as good as any.
            return Consequence(
                after_s=probe.after_s + _BEHIND_PROBE_S,
                reason=reason,
                is_attempt=True,
                waits_for=error.system,
            )
        case _:
            longest_s = _LONGEST_THROTTLE_S if isinstance(error, Throttled) else _LONGEST_WAIT_S
            asked_s = error.after_s if isinstance(error, Retryable) else None
            own_s = min(longest_s, next_wait_s(attempts, jitter))
            return Consequence(after_s=max(asked_s or 0.0, own_s), reason=reason, is_attempt=True)


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


def next_probe_s(probes: int, jitter: float) -> float:
    """Return the wait before a service that is down is asked again, in seconds.

    Args:
        probes: Probes that failed before.
        jitter: A number from 0 to 1.

    >>> next_probe_s(0, 1.0), next_probe_s(3, 0.0), next_probe_s(40, 1.0)
    (2.0, 8.0, 120.0)
    """
    whole = min(_LONGEST_PROBE_S, _FIRST_PROBE_S * 2.0 ** min(probes, 20))
    return whole * (0.5 + 0.5 * jitter)
