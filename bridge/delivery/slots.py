"""The calls of one worker thread, taken from the budget; a lower lane yields to consent."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.clock import now
from bridge.constant_contact.budget import Grant, ask, give_back
from bridge.constant_contact.places import on_its_way
from bridge.delivery.watch import Watch
from bridge.delivery.work import CONSENT
from bridge.errors import BridgeError, NoSlotNow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.delivery.leases import Lease

_LONGEST_WAIT_S = 5.0
_FIRST_AHEAD_MS = 5_000
_NEXT_AHEAD_MS = 300


class LeaseWanted(BridgeError):
    """A change of consent waits for the subject that this worker holds: give it back."""


class TakenInVain(BridgeError):
    """Subjects were taken together, and this one's turn does not come: give it back as it was."""


class Slots:
    """Gives the calls of one connection to one thread.

    A worker of a lower lane asks for a slot before it claims anything and takes only one that is
    due now, so that nothing is held while it waits. Consent reserves its first call ahead of
    everybody, up to five seconds, and each later one at most one gap ahead.
    """

    def __init__(self, database: Database, connection: Connection, *, lane: int) -> None:
        self._database = database
        self._connection = connection
        self._given_lane = self._lane = lane
        self._held: Grant | None = None
        self._ahead: dict[int, Grant] = {}
        self._watch = Watch(database)
        self._count = 1
        self._begun: set[Lease] = set()
        self.lease: Lease | None = None

    def begin(self, lease: Lease) -> None:
        """Name the lease that the next calls are for.

        They count in its lane if that is more urgent: its consent may have changed since somebody
        looked what is due.
        """
        self.lease = lease
        self._lane = min(self._given_lane, lease.lane)

    def expect(self, leases: Sequence[Lease]) -> None:
        """Say which subjects are about to be settled together.

        They are looked after together, and where there is no pace, as many calls are counted at a
        time; what is not used is given back by `give_back`.
        """
        self._watch.begin(leases)
        self._count = len(leases)
        self._begun.clear()

    def give_back(self) -> None:
        """Give calls back that were counted ahead and are not made."""
        application_id = self._connection.api_application_id
        if self._held is not None and not self._held.is_paced:
            ahead = self._ahead.get(self._given_lane)
            calls = 1 + (ahead.calls if ahead is not None else 0)
            self._ahead[self._given_lane] = self._held._replace(calls=calls)
            self._held = None
        while self._ahead and application_id is not None:
            lane, unused = self._ahead.popitem()
            with self._database.session() as session:
                give_back(session, application_id, self._connection.id, lane, unused)

    def hold(self, lane: int | None = None) -> float:
        """Try to hold a slot for the next call; return 0 when one is held, else seconds to wait.

        Args:
            lane: What the calls are for from now on; None: as before.

        Raises:
            QuotaSpent: If the day has no call left for this lane.
        """
        if lane is not None:
            self._given_lane = self._lane = lane
        if self._held is not None or self._lane == CONSENT:
            return 0.0
        grant = self._ask(ahead_ms=0)
        if not grant.granted:
            return max(grant.wait_s, 0.01)
        self._held = grant
        return 0.0

    @contextmanager
    def take(self) -> Iterator[None]:
        """Enter when the next call may start; leave when it was answered.

        Raises:
            LeaseWanted: If a change of consent waits for the leased subject (lower lanes only).
            LeaseLost: If the lease ran out.
            NoSlotNow: If the wait is too long to hold a lease through.
            QuotaSpent: If the day has no call left for this lane.
        """
        grant = self._take()
        application_id = self._connection.api_application_id
        if application_id is None or not grant.is_paced:
            yield
            return
        with on_its_way(self._database, application_id, is_consent=self._lane == CONSENT):
            yield

    def _take(self) -> Grant:
        while True:
            self._check_lease()
            grant, self._held = self._held or self._ask(ahead_ms=self._ahead_ms()), None
            if grant.granted:
                if self._lane == CONSENT and self.lease is not None:
                    self._begun.add(self.lease)
                if grant.wait_s > 0:
                    time.sleep(grant.wait_s)
                return grant
            if grant.wait_s > _LONGEST_WAIT_S:
                with self._database.session() as session:
                    raise NoSlotNow(now(session) + timedelta(seconds=grant.wait_s))
            time.sleep(max(grant.wait_s, 0.005))

    def _ahead_ms(self) -> int:
        """Return how far ahead of everybody the next call may be reserved, in milliseconds."""
        if self._lane != CONSENT:
            return 0
        return _NEXT_AHEAD_MS if self.lease in self._begun else _FIRST_AHEAD_MS

    def _ask(self, *, ahead_ms: int) -> Grant:
        application_id = self._connection.api_application_id
        if application_id is None:
            return Grant(granted=True, wait_s=0.0, is_paced=False)
        grant = self._ahead.pop(self._lane, None)
        if grant is None:
            with self._database.session() as session:
                grant = ask(
                    session,
                    application_id,
                    self._connection.id,
                    self._lane,
                    ahead_ms=ahead_ms,
                    count=self._count,
                )
        if grant.calls > 1:
            self._ahead[self._lane] = grant._replace(calls=grant.calls - 1, wait_s=0.0)
        return grant

    def _check_lease(self) -> None:
        if self.lease is None:
            return
        is_wanted = self._watch.is_wanted(self.lease)
        if is_wanted and self._lane != CONSENT and not self.lease.is_consent:
            raise LeaseWanted
