"""Keep from being applied what would do harm, and let it go on once nothing stands against it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from bridge.doctor.causes import TWO_WRITERS, WRONG_PLACE
from bridge.pauses.store import (
    ALL_LANES,
    DELIVERY_LANES,
    DOCTOR,
    pause_lanes,
    read_pauses,
    release_lanes,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from bridge.connections.model import Connection
    from bridge.doctor.findings import Finding

log = logging.getLogger(__name__)


def hold(
    tx: psycopg.Connection[Any],
    connection: Connection,
    findings: Iterable[Finding],
    *,
    may_release: bool,
) -> None:
    """Pause the lanes of a connection that findings stand against, and no other.

    Lanes that a person has paused stay as they are.

    Args:
        tx: A connection in a transaction.
        connection: Whose lanes they are.
        findings: What was found of it.
        may_release: Both sides were seen: what is not found is not there.
    """
    against = [one for one in findings if one.cause in TWO_WRITERS | WRONG_PLACE]
    reason = "; ".join(f"{one.says} -> {one.advice}" for one in against) or None
    lanes: frozenset[int] = frozenset()
    if against:
        is_wrong_place = any(one.cause in WRONG_PLACE for one in against)
        lanes = ALL_LANES if is_wrong_place else DELIVERY_LANES
    held = [
        one
        for one in read_pauses(tx)
        if one.connection_id == connection.id and one.paused_by == DOCTOR
    ]
    if all(one.reason == reason for one in held) and {one.lane for one in held} == lanes:
        return
    if may_release and release_lanes(tx, connection.id, by=DOCTOR) and not lanes:
        log.info("doctor_let_go", extra={"connection": connection.name})
    if lanes:
        pause_lanes(tx, [connection.id], lanes, by=DOCTOR, reason=reason)
        log.warning("doctor_holds", extra={"connection": connection.name})
