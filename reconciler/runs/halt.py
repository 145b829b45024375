"""How a run is told to stop: from a signal handler, from its heartbeat, from a person elsewhere."""

from __future__ import annotations

import time

from bridge.errors import BridgeError

_LOOK_S = 0.2


class RunLost(BridgeError):
    """Another process has the run now: write nothing more."""


class RunCancelled(BridgeError):
    """A person asked the run to stop."""


class RunReleased(BridgeError):
    """This process stops; the next one goes on with the run."""


class RunPaused(BridgeError):
    """A person or the doctor has paused the lane in which the run would write.

    Attributes:
        way_on: The command after which it goes on.
    """

    def __init__(self, message: str, *, way_on: str) -> None:
        super().__init__(message)
        self.way_on = way_on


class Halt:
    """The first word that a run shall stop, and why.

    It takes no lock, so a signal handler may call `ask` whatever the thread below it is doing.
    """

    def __init__(self, over: Halt | None = None) -> None:
        """Begin a run's, or with `over` one that is heard there as well: a process's."""
        self._over = over
        self._cause: BridgeError | None = None

    def ask(self, cause: BridgeError) -> None:
        """Stop the run at its next look; what was asked first stays the cause."""
        if self._cause is None:
            self._cause = cause

    def check(self) -> None:
        """Raise the cause if the run shall stop.

        Raises:
            RunLost: If another process has it.
            RunCancelled: If a person asked.
            RunReleased: If this process is about to end.
        """
        if self._cause is not None:
            raise self._cause
        if self._over is not None:
            self._over.check()

    def wait(self, seconds: float) -> None:
        """Wait these seconds; raise the cause as soon as the run shall stop."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.check()
            time.sleep(min(_LOOK_S, left))
        self.check()
