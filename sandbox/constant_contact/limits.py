"""The meter of one API application: so many calls a second, so many a UTC day."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.constant_contact.refusals import QUOTA_SPENT, THROTTLED, Refusal

if TYPE_CHECKING:
    from sandbox.constant_contact.policy import Limits

_DAY_S = 86_400


@dataclass
class Meter:
    """The calls of one API application.

    Attributes:
        used_today: Calls of this UTC day, refused ones included.
        refused_today: Calls of this UTC day that a limit refused.
    """

    used_today: int = 0
    refused_today: int = 0
    _day: int = 0
    _granted: deque[float] = field(default_factory=deque)

    def count(self, limits: Limits, now: float, *, is_free: bool = False) -> None:
        """Count a call and let it pass.

        Refused calls count towards the day, since the vendor does not say that they do not, but
        not towards the second: a caller that waits a second is served again.

        Args:
            limits: The limits in force.
            now: Seconds since 1970.
            is_free: Whether this application's calls are counted only.

        Raises:
            Refusal: With the vendor's body, when the day or the second is used up.
        """
        day = int(now // _DAY_S)
        if day != self._day:
            self._day, self.used_today, self.refused_today = day, 0, 0
        self.used_today += 1
        if is_free or not limits.enforced:
            return
        if self.used_today > limits.per_day:
            self.refused_today += 1
            raise Refusal(*QUOTA_SPENT)
        while self._granted and self._granted[0] <= now - limits.window_s:
            self._granted.popleft()
        if len(self._granted) >= limits.per_second:
            self.refused_today += 1
            raise Refusal(*THROTTLED)
        self._granted.append(now)
