"""What both stand-ins share: one clock that can be moved, chance that repeats, faults, calls.

The sandbox is one process with one event loop. State is plain Python data, and a request handler
does not await between reading state and having changed it: so every request is atomic.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

from sandbox.calls import Calls
from sandbox.faults import Faults


class World:
    """The surroundings of the stand-ins.

    Attributes:
        seed: Where every drawn value comes from: the same seed gives the same firm and the same
            credentials.
        random: Draws without a place of their own; seeded, and seeded again by `reset`.
        faults: What goes wrong, on demand.
        calls: The calls that both stand-ins received.
    """

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self.random = random.Random(seed)  # noqa: S311 - believable data, nothing secret
        self.faults = Faults(self.generator("faults"))
        self.calls = Calls()
        self._offset_s = 0.0

    def time(self) -> float:
        """Return the sandbox's time in seconds since 1970."""
        return time.time() + self._offset_s

    def now(self) -> datetime:
        """Return the sandbox's time, aware, in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    def advance(self, seconds: float) -> None:
        """Move the clock forward.

        Raises:
            ValueError: If `seconds` is negative: tokens and retries rely on time not going back.
        """
        if seconds < 0:
            message = "time moves forward only"
            raise ValueError(message)
        self._offset_s += seconds

    def generator(self, name: str) -> random.Random:
        """Return draws of their own for one purpose: they do not depend on who else draws."""
        return random.Random(f"{self.seed}/{name}")  # noqa: S311 - believable data, nothing secret

    def reset(self) -> None:
        """Return to the start: real time, the first draws, no fault, no call."""
        self.random.seed(self.seed)
        self._offset_s = 0.0
        self.faults.replace(())
        self.faults.random = self.generator("faults")
        self.calls.clear()
