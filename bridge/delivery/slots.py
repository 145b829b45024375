"""The calls of one worker thread, taken from the budget; a lower lane yields to consent."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.clock import now
from bridge.constant_contact.budget import ask
from bridge.constant_contact.places import on_its_way
from bridge.delivery.leases import renew
from bridge.delivery.work import CONSENT
from bridge.errors import BridgeError, NoSlotNow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.delivery.leases import Lease

_LONGEST_WAIT_S = 5.0
_FIRST_AHEAD_MS = 5_000
_NEXT_AHEAD_MS = 300


class LeaseWanted(BridgeError):
    """A change of consent waits for the subject that this worker holds: give it back."""


class Slots:
    """Gives the calls of one connection to one thread.

    A worker of a lower lane asks for a slot before it claims anything and takes only one that is
    due now, so that nothing is held while it waits. Consent reserves its first call ahead of
    everybody, up to five seconds, and each later one at most one gap ahead.
    """

    def __init__(self, database: Database, connection: Connection, *, lane: int) -> None:
        self._database = database
        self._connection = connection
        self._lane = lane
        self._is_held = False
        self._is_first = True
        self.lease: Lease | None = None

    def begin(self, lease: Lease) -> None:
        """Name the lease that the next calls are for.

        They count in its lane if that is more urgent: its consent may have changed since somebody
        looked what is due.
        """
        self.lease = lease
        self._lane = min(self._lane, lease.lane)
        self._is_first = True

    def hold(self, lane: int | None = None) -> float:
        """Try to hold a slot for the next call; return 0 when one is held, else seconds to wait.

        Args:
            lane: What the calls are for from now on; None: as before.

        Raises:
            QuotaSpent: If the day has no call left for this lane.
        """
        if lane is not None:
            self._lane = lane
        if self._is_held or self._lane == CONSENT:
            return 0.0
        granted, wait_s = self._ask(ahead_ms=0)
        self._is_held = granted
        return 0.0 if granted else max(wait_s, 0.01)

    @contextmanager
    def take(self) -> Iterator[None]:
        """Enter when the next call may start; leave when it was answered.

        Raises:
            LeaseWanted: If a change of consent waits for the leased subject (lower lanes only).
            LeaseLost: If the lease ran out.
            NoSlotNow: If the wait is too long to hold a lease through.
            QuotaSpent: If the day has no call left for this lane.
        """
        self._take()
        application_id = self._connection.api_application_id
        if application_id is None:
            yield
            return
        with on_its_way(self._database, application_id, is_consent=self._lane == CONSENT):
            yield

    def _take(self) -> None:
        if self._is_held:
            self._is_held = False
            self._check_lease()
            return
        while True:
            self._check_lease()
            ahead_ms = 0
            if self._lane == CONSENT:
                ahead_ms = _FIRST_AHEAD_MS if self._is_first else _NEXT_AHEAD_MS
            granted, wait_s = self._ask(ahead_ms=ahead_ms)
            if granted:
                self._is_first = False
                time.sleep(wait_s)
                return
            if wait_s > _LONGEST_WAIT_S:
                with self._database.transaction() as tx:
                    raise NoSlotNow(now(tx) + timedelta(seconds=wait_s))
            time.sleep(max(wait_s, 0.005))

    def _ask(self, *, ahead_ms: int) -> tuple[bool, float]:
        application_id = self._connection.api_application_id
        if application_id is None:
            return True, 0.0
        with self._database.transaction() as tx:
            grant = ask(tx, application_id, self._connection.id, self._lane, ahead_ms=ahead_ms)
        return grant.granted, grant.wait_s

    def _check_lease(self) -> None:
        if self.lease is None:
            return
        with self._database.transaction() as tx:
            is_wanted = renew(tx, self.lease)
        if is_wanted and self._lane != CONSENT and not self.lease.is_consent:
            raise LeaseWanted
