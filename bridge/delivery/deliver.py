"""Deliver: take due subjects, a few at once, and have each settled, connection by connection.

A slice works for a few seconds and returns; whoever calls it sends itself the next wake-up.
"""

from __future__ import annotations

import logging
import random
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from bridge.connections.store import load_connection
from bridge.constant_contact.budget import Pace, pace
from bridge.delivery.attempt import Worker
from bridge.delivery.bulk.store import open_rounds
from bridge.delivery.leases import claim_some
from bridge.delivery.work import CONSENT, peek
from bridge.errors import BridgeError, QuotaSpent
from bridge.mapping.versions import usable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from bridge.bootstrap import Installation
    from bridge.delivery.slots import Slots
    from bridge.delivery.work import Due

log = logging.getLogger(__name__)

_PEEK = 100
_SHORTEST_TURN_S = 1.0
_MOST_AT_ONCE = 25
_CALLS_EACH = 2
_PLENTY = 10 * _MOST_AT_ONCE * _CALLS_EACH


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
    skipped: set[int] = set()
    while time.monotonic() < until:
        with installation.database.transaction() as tx:
            if CONSENT not in lanes:
                open_rounds(tx)  # a long backlog is left to a round from here on
            due = peek(tx, lanes, _PEEK, skipped=skipped)
        by_connection: dict[int, list[Due]] = defaultdict(list)
        for item in due:
            by_connection[item.connection_id].append(item)
        settled = 0
        for connection_id, items, its_until in _turns(by_connection, until):
            count, goes_on = _serve_safely(
                installation, connection_id, items, lane=min(lanes), until=its_until
            )
            settled += count
            if count:
                served.add(connection_id)
            if not goes_on:
                skipped.add(connection_id)  # what waits of it must not hide what others wait for
        if not settled:
            break
    return frozenset(served)


def _turns(
    by_connection: Mapping[int, list[Due]], until: float
) -> Iterator[tuple[int, list[Due], float]]:
    """Yield each connection with its work and the end of its turn: none waits for another's end.

    The most urgent lane goes first, then chance decides: a slice may be too short for all.
    """
    order = sorted(
        by_connection.items(),
        key=lambda entry: (entry[1][0].lane, random.random()),  # noqa: S311
    )
    for left, (connection_id, items) in zip(range(len(order), 0, -1), order, strict=True):
        moment = time.monotonic()
        turn_s = max(_SHORTEST_TURN_S, (until - moment) / left)
        yield connection_id, items, min(until, moment + turn_s)


def _serve_safely(
    installation: Installation,
    connection_id: int,
    items: Sequence[Due],
    *,
    lane: int,
    until: float,
) -> tuple[int, bool]:
    """Serve one connection; a mapping or credentials at fault are no matter of the others."""
    try:
        return _serve(installation, connection_id, items, lane=lane, until=until)
    except BridgeError as error:
        log.error(  # noqa: TRY400 -- the class says it all, and the place is no fault of the code
            "connection_not_served",
            extra={"connection": connection_id, "error": type(error).__name__, "why": str(error)},
        )
        return 0, False


def _serve(
    installation: Installation,
    connection_id: int,
    items: Sequence[Due],
    *,
    lane: int,
    until: float,
) -> tuple[int, bool]:
    """Settle subjects of one connection.

    Returns:
        How many reached an end or a wait of their own, and whether the next may reach one too.
    """
    with installation.database.transaction() as tx:
        connection = load_connection(tx, connection_id)
        current = usable(tx, connection_id)
        together = most_at_once(pace(tx, connection.api_application_id, lane))
    if current is None:
        return 0, False
    worker = Worker(installation, connection, current, lane=lane)
    settled = 0
    left = list(items)
    try:
        if (
            lane != CONSENT
        ):  # there whoever claims one reads it: two who read one overtake each other
            worker.prefetch(items)
        while left and time.monotonic() < until and _hold(worker.slots, left[0].lane, until):
            urgent = [one for one in left if one.lane == left[0].lane]
            count = 1 if left[0].lane == CONSENT else together
            with installation.database.transaction() as tx:
                leases = claim_some(tx, urgent, installation.settings.lease_s, count=count)
            gone = leases or urgent  # where none is left, somebody else has them
            names = {(one.kind, one.key) for one in gone}
            left = [one for one in left if (one.kind, one.key) not in names]
            settled += len(leases)
            if leases and not worker.attempt(leases):
                return settled, False
    finally:
        worker.close()
    return settled, True


def most_at_once(its: Pace | None) -> int:
    """Return how many subjects are taken at once: what can be sent of them within a second.

    One where the day is nearly spent: the calls that are left would read many and write none.

    Args:
        its: Pace of the application; None: nobody knows.

    >>> [most_at_once(Pace(gap_s, 9_000)) for gap_s in (0.26, 0.05, 0)]
    [1, 10, 25]
    >>> most_at_once(Pace(0, 200))
    1
    """
    if its is None or its.left < _PLENTY:
        return 1
    if not its.gap_s:
        return _MOST_AT_ONCE
    return max(1, min(_MOST_AT_ONCE, int(1 / (_CALLS_EACH * its.gap_s))))


def _hold(slots: Slots, lane: int, until: float) -> bool:
    """Wait for a slot before anything is claimed; False where the time is up first."""
    try:
        while (wait_s := slots.hold(lane)) > 0:
            if time.monotonic() + wait_s >= until:
                return False
            time.sleep(wait_s)
    except QuotaSpent:
        pass  # the subject meets it and says so; one that needs no call goes on
    return True
