"""Time, mishaps, and a bridge that works a little, or dies at it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any

from tests.journey.dying import Killed, MortalDatabase
from tests.journey.reconciling import run
from tests.machine.acts import CALLS, JOBS, KINDS, MISHAPS, WAITS_S

if TYPE_CHECKING:
    from tests.machine.stage import Stage

_LONGEST_LIFE = 14
"""Transactions of a worker that dies."""


@dataclass(frozen=True)
class Surroundings:
    """The acts, by the names of the rules."""

    stage: Stage

    def wait(self, number: int) -> None:
        self.stage.firm.sandbox.advance(WAITS_S[number])

    def fault(self, call: int, kind: int, skip: int, times: int) -> None:
        fault = CALLS[call] | {"kind": KINDS[kind], "skip": skip, "times": times + 1}
        self.stage.firm.sandbox.faults(fault)

    def mishap(self, kind: int, times: int) -> None:
        fault: dict[str, object] = {"side": "outbound", "kind": MISHAPS[kind], "times": times + 1}
        self.stage.firm.sandbox.faults(fault)

    def triage(self) -> None:
        self.stage.firm.bridge.receive()
        self.stage.firm.bridge.triage()

    def deliver(self) -> None:
        self.stage.firm.bridge.deliver()

    def settle(self) -> None:
        self.stage.settle()

    def poll(self) -> None:
        self.stage.settle(deletes=True)

    def die(self, number: int) -> None:
        """A worker does all that waits, and dies on the way."""
        bridge = self.stage.firm.bridge
        bridge.receive()
        database = MortalDatabase(bridge.database, Random(number), _LONGEST_LIFE)  # noqa: S311
        database.planned()
        mortal: Any = replace(bridge.installation, database=database)  # type: ignore[arg-type]
        worker = replace(bridge, installation=mortal)
        try:
            worker.settle(deletes=number % 2 == 0)
        except Killed:
            return

    def reconcile(self, job: int) -> None:
        self.stage.firm.sandbox.faults()
        self.stage.authorise()
        run(self.stage.firm, JOBS[job], accepts_fewer=True)
