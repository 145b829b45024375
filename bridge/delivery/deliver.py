"""Deliver: take due subjects one by one, settle each, and say what becomes of those that cannot be.

A slice works for a few seconds and returns; whoever calls it sends itself the next wake-up. The
error's class is the decision: try again later, bury this record, or leave the connection alone.
"""

from __future__ import annotations

import logging
import random
import time
from collections import defaultdict
from typing import TYPE_CHECKING

import psycopg

from bridge.clock import now
from bridge.connections.store import load_connection
from bridge.constant_contact.budget import exhausted, throttled
from bridge.delivery.bulk.store import open_rounds
from bridge.delivery.bury import bury
from bridge.delivery.consequence import consequence_of
from bridge.delivery.couriers import open_couriers
from bridge.delivery.read_back import Reader
from bridge.delivery.slots import Slots
from bridge.delivery.work import CONSENT, claim, peek, release
from bridge.errors import BridgeError, LeaseLost, QuotaSpent, RemoteError, Throttled
from bridge.log import place
from bridge.mapping.versions import active

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection
    from bridge.delivery.consequence import Consequence
    from bridge.delivery.work import Due, Lease

log = logging.getLogger(__name__)

_PEEK = 100


def deliver_slice(
    installation: Installation, lanes: Collection[int], *, until: float
) -> frozenset[int]:
    """Deliver due subjects of these lanes until nothing is due or the time is up.

    Args:
        installation: What a worker needs.
        lanes: Lanes of this worker; consent has workers of its own.
        until: `time.monotonic()` at which to stop.

    Returns:
        The connections something was delivered for: their statuses are to be written back.
    """
    served: set[int] = set()
    while time.monotonic() < until:
        with installation.database.transaction() as tx:
            if CONSENT not in lanes:
                open_rounds(tx)  # a long backlog is left to a round from here on
            due = peek(tx, lanes, _PEEK)
        by_connection: dict[int, list[Due]] = defaultdict(list)
        for item in due:
            by_connection[item.connection_id].append(item)
        settled = 0
        for connection_id, items in by_connection.items():
            count = _serve(installation, connection_id, items, lane=min(lanes), until=until)
            settled += count
            if count:
                served.add(connection_id)
        if not settled:
            break
    return frozenset(served)


def _serve(
    installation: Installation,
    connection_id: int,
    items: Sequence[Due],
    *,
    lane: int,
    until: float,
) -> int:
    """Settle subjects of one connection; return how many reached an end or a wait of their own."""
    with installation.database.transaction() as tx:
        connection = load_connection(tx, connection_id)
        current = active(tx, connection_id)
    if current is None:
        return 0
    slots = Slots(installation.database, connection, lane=lane)
    there = installation.constant_contact(connection, slots.take)
    salesforce = installation.salesforce(connection)
    reader = Reader(
        database=installation.database,
        salesforce=salesforce,
        connection=connection,
        mapping=current.mapping,
    )
    couriers = open_couriers(installation, current, there=there, reader=reader)

    def settle(lease: Lease) -> str:
        slots.begin(lease)
        return couriers.settle(lease)

    settled = 0
    try:
        _prefetch(connection, reader, items)
        for item in items:
            if time.monotonic() >= until or not _hold(slots, until):
                break
            with installation.database.transaction() as tx:
                lease = claim(tx, item, installation.settings.lease_s)
            if lease is None:
                continue
            settled += 1
            if not _attempt(installation, connection, lease, settle):
                break
    finally:
        there.close()
        salesforce.close()
    return settled


def _prefetch(connection: Connection, reader: Reader, items: Sequence[Due]) -> None:
    """Read back for all subjects at once; where that fails, each subject meets the error."""
    keys = [item.key for item in items if "@" in item.key]
    try:
        reader.read_unknown(keys)
    except RemoteError as error:
        log.warning(
            "read_back_failed",
            extra={"connection": connection.name, "status": error.status, "key": error.key},
        )


def _hold(slots: Slots, until: float) -> bool:
    """Wait for a slot before anything is claimed; False where the time is up first."""
    try:
        while (wait_s := slots.hold()) > 0:
            if time.monotonic() + wait_s >= until:
                return False
            time.sleep(wait_s)
    except QuotaSpent:
        pass  # the subject meets it and says so; one that needs no call goes on
    return True


def _attempt(
    installation: Installation,
    connection: Connection,
    lease: Lease,
    settle: Callable[[Lease], str],
) -> bool:
    """Settle one subject; return False where the whole connection had better be left alone."""
    about = {"connection": connection.name, "kind": lease.kind, "lane": lease.lane}
    try:
        words = settle(lease)
    except LeaseLost:
        log.warning("lease_lost", extra=about)
        return True
    except BridgeError as error:
        consequence = consequence_of(error, lease.attempts, random.random())  # noqa: S311
        log.warning(
            "not_settled", extra=about | {"error": type(error).__name__, "why": consequence.reason}
        )
        _record_limit(installation, connection, error)
        _bear(installation, lease, error, consequence)
        return not consequence.stops_connection
    except psycopg.errors.DeadlockDetected:
        log.warning("deadlock", extra=about)
        with installation.database.transaction() as tx:
            release(tx, lease)  # what was on its way is looked up there before deciding anew
        return True
    except psycopg.OperationalError:
        raise  # nothing can be written now; the lease runs out by itself
    except Exception as error:  # noqa: BLE001 -- a fault of ours in one record must not hold up others
        log.error(  # noqa: TRY400 -- an error's text may hold a value of the record
            "fault_in_record", extra=about | {"error": type(error).__name__, "at": place(error)}
        )
        unknown = BridgeError(f"a fault in the bridge ({type(error).__name__}): see its log")
        _bear(installation, lease, unknown, consequence_of(unknown, lease.attempts, 1.0))
        return True
    log.info("settled", extra=about | {"outcome": words})
    return True


def _bear(
    installation: Installation, lease: Lease, error: BridgeError, consequence: Consequence
) -> None:
    with installation.database.transaction() as tx:
        if consequence.is_dead:
            bury(tx, lease, str(error))
            return
        after_s = consequence.after_s
        if consequence.until is not None:
            after_s = max(0.0, (consequence.until - now(tx)).total_seconds())
        release(
            tx,
            lease,
            after_s=after_s,
            reason=consequence.reason,
            is_attempt=consequence.is_attempt,
        )


def _record_limit(installation: Installation, connection: Connection, error: BridgeError) -> None:
    """Let every worker of the API application know what the vendor answered."""
    application_id = connection.api_application_id
    if application_id is None or not isinstance(error, Throttled | QuotaSpent):
        return
    with installation.database.transaction() as tx:
        if isinstance(error, Throttled):
            throttled(tx, application_id, error.after_s or 1.0)
        elif error.until is None:
            exhausted(tx, application_id)
