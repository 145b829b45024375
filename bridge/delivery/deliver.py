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

from bridge.clock import now
from bridge.connections.store import load_connection
from bridge.constant_contact.budget import exhausted, throttled
from bridge.delivery.address import AddressCourier, NotSettled
from bridge.delivery.bury import bury
from bridge.delivery.custom_fields import ensure_custom_fields
from bridge.delivery.lists import ListCourier
from bridge.delivery.read_back import Reader
from bridge.delivery.resolve import Resolver
from bridge.delivery.slots import LeaseWanted, Slots
from bridge.delivery.work import CONSENT, claim, peek, release
from bridge.errors import (
    LeaseLost,
    NoSlotNow,
    QuotaSpent,
    RecordError,
    RemoteError,
    Retryable,
    Terminal,
    Throttled,
)
from bridge.identity import is_salesforce_id
from bridge.mapping.versions import active

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection
    from bridge.delivery.work import Due, Lease

log = logging.getLogger(__name__)

_PEEK = 100
_FIRST_WAIT_S = 1.0
_LONGEST_WAIT_S = 3600.0
_AFTER_TERMINAL_S = 30.0


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
    addresses = AddressCourier(
        database=installation.database,
        settings=installation.settings,
        there=there,
        reader=reader,
        current=current,
    )
    lists = ListCourier(database=installation.database, there=there, reader=reader, current=current)
    resolver = Resolver(database=installation.database, reader=reader)

    def settle(lease: Lease) -> str:
        slots.begin(lease)
        if lease.kind == "list":
            return lists.settle(lease)
        if is_salesforce_id(lease.key) and "@" not in lease.key:
            return resolver.settle(lease)
        ensure_custom_fields(installation.database, there, connection_id, current)
        return addresses.settle(lease)

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
    settle: object,
) -> bool:
    """Settle one subject; return False where the whole connection had better be left alone."""
    database = installation.database
    try:
        words = settle(lease)  # type: ignore[operator]
    except LeaseWanted:
        _release(installation, lease, after_s=0.0)
    except LeaseLost:
        log.warning("lease_lost", extra={"connection": connection.name, "kind": lease.kind})
    except NotSettled as wait:
        _release(installation, lease, after_s=0.5, reason=str(wait))
    except NoSlotNow as wait:
        _release_until(installation, lease, wait.due_at, "waits for the API allowance")
    except QuotaSpent as spent:
        _record_limit(installation, connection, spent)
        _release_until(installation, lease, spent.until, str(spent))
        return lease.lane == CONSENT
    except Throttled as error:
        _record_limit(installation, connection, error)
        _release(installation, lease, after_s=1.0, reason=str(error))
    except Retryable as error:
        wait_s = error.after_s or next_wait_s(lease.attempts, random.random())  # noqa: S311
        _release(installation, lease, after_s=wait_s, reason=str(error), is_attempt=True)
    except Terminal as error:
        log.error(
            "connection_stopped",
            extra={"connection": connection.name, "system": error.system, "key": error.key},
        )
        _release(installation, lease, after_s=_AFTER_TERMINAL_S, reason=str(error))
        return False
    except RecordError as error:
        with database.transaction() as tx:
            bury(tx, lease, error)
        log.warning(
            "buried",
            extra={"connection": connection.name, "kind": lease.kind, "field": error.field},
        )
    except RemoteError as error:
        wait_s = next_wait_s(lease.attempts, random.random())  # noqa: S311
        _release(installation, lease, after_s=wait_s, reason=str(error), is_attempt=True)
    else:
        log.info(
            "settled",
            extra={
                "connection": connection.name,
                "kind": lease.kind,
                "lane": lease.lane,
                "outcome": words,
            },
        )
    return True


def next_wait_s(attempts: int, jitter: float) -> float:
    """Return the wait before the next attempt, in seconds: doubling, with half of it by chance.

    Args:
        attempts: Attempts that failed before this one.
        jitter: A number from 0 to 1.

    >>> next_wait_s(0, 1.0), next_wait_s(3, 0.0), next_wait_s(40, 1.0)
    (1.0, 4.0, 3600.0)
    """
    whole = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(attempts, 20))
    return whole * (0.5 + 0.5 * jitter)


def _release(
    installation: Installation,
    lease: Lease,
    *,
    after_s: float,
    reason: str | None = None,
    is_attempt: bool = False,
) -> None:
    with installation.database.transaction() as tx:
        release(tx, lease, after_s=after_s, reason=reason, is_attempt=is_attempt)


def _release_until(
    installation: Installation, lease: Lease, due_at: datetime | None, reason: str
) -> None:
    with installation.database.transaction() as tx:
        wait_s = 60.0 if due_at is None else max(0.0, (due_at - now(tx)).total_seconds())
        release(tx, lease, after_s=wait_s, reason=reason)


def _record_limit(
    installation: Installation, connection: Connection, error: Throttled | QuotaSpent
) -> None:
    """Let every worker of the API application know what the vendor answered."""
    application_id = connection.api_application_id
    if application_id is None or error.status is None:
        return
    with installation.database.transaction() as tx:
        if isinstance(error, Throttled):
            throttled(tx, application_id, error.after_s or 1.0)
        elif error.until is None:
            exhausted(tx, application_id)
