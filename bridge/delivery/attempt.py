"""Attempt: settle claimed subjects, and do what an error of one means.

The error's class is the decision: try again later, bury this record, pause the connection. A
service that fails everybody is asked by one worker at a time (`bridge.delivery.outages`).
"""

from __future__ import annotations

import logging
import random
import time
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import psycopg

from bridge.clock import now
from bridge.connections.store import pause
from bridge.constant_contact.budget import note_limit
from bridge.delivery.accepted import find_accepted
from bridge.delivery.behind import stop_waiting
from bridge.delivery.bury import bury, bury_spent
from bridge.delivery.cause import cause_of, cause_of_fault
from bridge.delivery.consequence import consequence_of
from bridge.delivery.couriers import open_couriers
from bridge.delivery.flows import settle_all
from bridge.delivery.leases import release
from bridge.delivery.outages import Outages
from bridge.delivery.read_back import Reader
from bridge.delivery.slots import Slots, TakenInVain
from bridge.doctor.lost_marks import drop_lost_marks
from bridge.errors import (
    BridgeError,
    LeaseLost,
    NotSettled,
    OutOfService,
    QuotaSpent,
    RemoteError,
    Throttled,
)
from bridge.log import place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection
    from bridge.delivery.consequence import Consequence
    from bridge.delivery.couriers import Couriers
    from bridge.delivery.flows import Flow
    from bridge.delivery.leases import Lease
    from bridge.delivery.work import Due
    from bridge.mapping.versions import ActiveMapping

log = logging.getLogger(__name__)

_AT_ONCE_S = 1.0
"""Seconds after which no further subject of those that were taken together is begun with."""


class Worker:
    """Serves one connection, in one thread, with clients of both services of its own."""

    def __init__(
        self,
        installation: Installation,
        connection: Connection,
        current: ActiveMapping,
        *,
        lane: int,
    ) -> None:
        database = installation.database
        self._installation = installation
        self._connection = connection
        self._current = current
        self._outages = Outages(database, connection)
        self._begun: set[Lease] = set()
        self._until = 0.0
        self._is_over = False
        self.slots = Slots(database, connection, lane=lane)
        self._there = installation.constant_contact(connection, self._take_slot)
        self._salesforce = installation.salesforce(connection)
        self._reader = Reader(
            database=database,
            salesforce=self._salesforce,
            connection=connection,
            mapping=current.mapping,
            asking=partial(self._outages.asking, "salesforce"),
        )
        self._couriers = open_couriers(
            installation, current, there=self._there, reader=self._reader
        )

    def close(self) -> None:
        """Close the connections that are kept open, and give back what was counted ahead."""
        self._there.close()
        self._salesforce.close()
        self.slots.give_back()

    def prefetch(self, items: Sequence[Due]) -> None:
        """Read back for all subjects at once; where that fails, each subject meets the error."""
        keys = [item.key for item in items if "@" in item.key]
        extra = {"connection": self._connection.name}
        failure: Exception | None = None
        try:
            self._reader.read_unknown(keys)
        except BridgeError as error:
            failure = error
            if not isinstance(error, OutOfService):
                log.warning("read_back_failed", extra=extra | {"why": str(error)})
        except psycopg.OperationalError:
            raise
        except Exception as error:  # noqa: BLE001 -- one record's fault must not hold up others
            failure = error
            log.error(  # noqa: TRY400 -- an error's text may hold a value of the record
                "fault_in_read_back",
                extra=extra | {"error": type(error).__name__, "at": place(error)},
            )
        self._outages.judge(failure)

    def attempt(self, leases: Sequence[Lease]) -> bool:
        """Settle subjects; return False where the connection had better be left alone."""
        self._is_over = False
        self._begun.clear()
        self._until = time.monotonic() + _AT_ONCE_S
        self.slots.expect(leases)
        flows = {lease: self._flow(lease) for lease in leases}
        keys = {lease.key for lease in leases}
        behind: list[Lease] = []
        beside: list[Lease] = []
        for lease, end in settle_all(self._installation.database, flows, self._begin):
            if isinstance(end, NotSettled) and keys.intersection(end.behind):
                behind.append(lease)
            elif isinstance(end, NotSettled) and end.beside in keys:
                beside.append(lease)
            elif not self._take_end(lease, end):
                self._is_over = True
        is_over = self._is_over
        # What they wait for is at an end by now, or waits for longer and is given back.
        for lease in (*behind, *beside):
            if is_over:
                self._begin(lease)
                self._take_end(lease, TakenInVain("another one had to come first"))
            else:
                is_over = not self.attempt([lease])
        return not is_over

    def _begin(self, lease: Lease) -> None:
        self.slots.begin(lease)
        self._outages.begin(lease)

    def _flow(self, lease: Lease) -> Flow[str]:
        return (yield from self._couriers_of(lease).flow(lease))

    def _take_end(self, lease: Lease, end: str | Exception) -> bool:
        """Do what the end of a subject means; return False as `attempt` does."""
        about = {"connection": self._connection.name, "kind": lease.kind, "lane": lease.lane}
        match end:
            case str():
                self._outages.judge(None)
                log.info("settled", extra=about | {"outcome": end})
            case LeaseLost():
                self._outages.judge(end)
                log.warning("lease_lost", extra=about)
            case BridgeError():
                return self._bear(lease, end, cause_of(end), about)
            case psycopg.errors.DeadlockDetected():
                self._outages.judge(end)
                log.warning("deadlock", extra=about)
                with self._installation.database.transaction() as tx:
                    release(tx, lease)  # what was on its way is looked up there first
            case _:  # its text may hold a value of the record
                name = type(end).__name__
                log.error("fault_in_record", extra=about | {"error": name, "at": place(end)})
                unknown = BridgeError(f"a fault in the bridge ({name}): see its log")
                return self._bear(lease, unknown, cause_of_fault(end), about)
        return True

    def _couriers_of(self, lease: Lease) -> Couriers:
        """Return who settles a subject: as things are now, or as a notification was accepted."""
        if lease.replay_of is None:
            return self._couriers
        with self._installation.database.transaction() as tx:
            accepted = find_accepted(tx, lease.connection_id, lease.replay_of)
        return open_couriers(
            self._installation,
            accepted.mapping,
            there=self._there,
            reader=self._reader,
            told=accepted.told,
        )

    @contextmanager
    def _take_slot(self) -> Iterator[None]:
        self._give_back_late()
        self._outages.check("constant_contact")
        with self.slots.take():
            self._outages.note_call("constant_contact")
            yield

    def _give_back_late(self) -> None:
        """Begin with no more subjects where those before took their time, or met an end of all.

        Raises:
            TakenInVain: If this one is given back.
        """
        lease = self.slots.lease
        if lease is None or lease in self._begun:
            return
        if self._is_over or (self._begun and time.monotonic() > self._until):
            raise TakenInVain("others may have it: those before it took too long")
        self._begun.add(lease)

    def _bear(self, lease: Lease, error: BridgeError, cause: str, about: dict[str, Any]) -> bool:
        """Do what an error means; return False where the connection had better be left alone."""
        consequence = consequence_of(
            error,
            lease.attempts,
            random.random(),  # noqa: S311
            failing_s=lease.failing_s,
            probe=self._outages.judge(error),
        )
        if not isinstance(error, OutOfService | TakenInVain):  # told once, when the outage began
            why = {"error": type(error).__name__, "why": consequence.reason}
            log.warning("not_settled", extra=about | why)
        note_limit(self._installation.database, self._connection, error)
        if isinstance(error, QuotaSpent | Throttled):
            self.slots.give_back()
        if consequence.pauses_connection and self._reads_less_now(error):
            consequence = replace(consequence, after_s=0.0, pauses_connection=False)
        if consequence.pauses_connection and isinstance(error, RemoteError):
            with self._installation.database.transaction() as tx:
                pause(tx, self._connection.id, str(error), system=error.system)
        with self._installation.database.transaction() as tx:
            _give_back(tx, lease, error, consequence, cause)
        if consequence.behind:
            stop_waiting(self._installation.database, lease, consequence.behind)
        return not consequence.stops_connection

    def _reads_less_now(self, error: BridgeError) -> bool:
        """Tell whether the mapping names no more what this error comes from."""
        return drop_lost_marks(
            error,
            self._installation.database,
            self._salesforce,
            self._connection,
            self._current.mapping,
        )


def _give_back(
    tx: psycopg.Connection,
    lease: Lease,
    error: BridgeError,
    consequence: Consequence,
    cause: str,
) -> None:
    """End a lease without an end of its subject, or with the end that an error means."""
    if consequence.is_dead:
        bury(tx, lease, str(error), cause=cause)
        return
    reason = consequence.reason
    if consequence.is_spent and not bury_spent(tx, lease, reason or "", cause=cause):
        return
    after_s = consequence.after_s
    if consequence.until is not None:
        after_s = max(0.0, (consequence.until - now(tx)).total_seconds())
    release(
        tx,
        lease,
        after_s=after_s,
        reason=reason,
        is_attempt=consequence.is_attempt,
        waits_for=consequence.waits_for,
        behind=consequence.behind,
    )
