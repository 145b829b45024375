"""The org's daily allowance of API requests, counted over the last 24 hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.world import World

DAILY_REQUESTS = 100_000
_MINUTES_A_DAY = 24 * 60


class Usage:
    """Counts requests by the minute.

    Attributes:
        allowed: Requests that the org may make in any 24 hours.
        by_minute: Requests in each minute since 1970 that is still within the window.
        others: Returns the org's other allowances, by the name that `/limits` gives them.
    """

    def __init__(self, world: World, allowed: int = DAILY_REQUESTS) -> None:
        self._world = world
        self.allowed = allowed
        self.by_minute: dict[int, int] = {}
        self.others: Callable[[], dict[str, dict[str, int]]] = dict

    @property
    def used(self) -> int:
        """Requests of the last 24 hours."""
        oldest = int(self._world.time() // 60) - _MINUTES_A_DAY
        for minute in [each for each in self.by_minute if each <= oldest]:
            del self.by_minute[minute]
        return sum(self.by_minute.values())

    def count(self) -> None:
        """Count one request.

        Raises:
            ApiError: 403 REQUEST_LIMIT_EXCEEDED, if none is left.
        """
        if self.used >= self.allowed:
            raise ApiError("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
        self.add(1)

    def add(self, count: int) -> None:
        """Count requests whoever made them."""
        minute = int(self._world.time() // 60)
        self.by_minute[minute] = self.by_minute.get(minute, 0) + count

    def header(self) -> dict[str, str]:
        """Return the header that tells the client how much is used."""
        return {"Sforce-Limit-Info": f"api-usage={self.used}/{self.allowed}"}
