"""The calls of a run: a run has time, so it waits for the budget and lets everybody else pass."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from bridge.delivery.slots import Slots

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.delivery.leases import Lease
    from reconciler.runs.halt import Halt

_LONGEST_WAIT_S = 5.0


class RunSlots:
    """Gives the calls of one connection to one run; takes only slots that are due now."""

    def __init__(
        self, database: Database, connection: Connection, *, lane: int, halt: Halt
    ) -> None:
        self._slots = Slots(database, connection, lane=lane)
        self._halt = halt

    @property
    def lease(self) -> Lease | None:
        """The subject that the next calls are for, if one is leased."""
        return self._slots.lease

    def begin(self, lease: Lease) -> None:
        """Name the lease that the next calls are for."""
        self._slots.begin(lease)

    def expect(self, leases: Sequence[Lease]) -> None:
        """Say which subjects are about to be settled together."""
        self._slots.expect(leases)

    def give_back(self) -> None:
        """Give calls back that were counted ahead and are not made."""
        self._slots.give_back()

    def hold(self) -> float:
        """Try to hold a slot for the next call; return 0 when one is held, else seconds to wait.

        Raises:
            QuotaSpent: If the day has no call left for this lane.
        """
        return self._slots.hold()

    @contextmanager
    def take(self, *, may_stop: bool = True) -> Iterator[None]:
        """Enter when the next call may start, however long that takes; leave when it was answered.

        Args:
            may_stop: Whether a wish to stop is heard. Not between the calls of one subject: its
                effect would be there, and nobody would say so.

        Raises:
            LeaseWanted: If a change of consent waits for the subject that is leased.
            LeaseLost: If the lease of the subject ran out.
            NoSlotNow: If a subject is leased and the wait is too long to hold it through.
            QuotaSpent: If the day has no call left for this lane.
            RunCancelled: If a person asked the run to stop, and the other errors of `Halt.check`.
        """
        if may_stop:
            self._halt.check()
        while wait_s := self._slots.hold():
            if self.lease is not None:
                break  # a leased subject is not held through a long wait
            self._halt.wait(min(wait_s, _LONGEST_WAIT_S))
        with self._slots.take():
            yield
