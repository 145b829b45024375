"""A slice of the bulk rounds: whoever is woken drives every round that is due, for some seconds."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING

import psycopg

from bridge.clock import now as clock_now
from bridge.connections.store import load_connection
from bridge.constant_contact.budget import note_limit
from bridge.delivery.bulk.drive import Driver
from bridge.delivery.bulk.end import Ender
from bridge.delivery.bulk.fill import Filler
from bridge.delivery.bulk.poll import Poller
from bridge.delivery.bulk.post import Poster
from bridge.delivery.bulk.store import (
    claim_round,
    due_rounds,
    open_rounds,
    postpone,
    release_round,
    rest,
)
from bridge.delivery.consequence import consequence_of
from bridge.delivery.read_back import Reader
from bridge.delivery.slots import Slots
from bridge.delivery.work import WEBHOOK
from bridge.errors import BridgeError, LeaseLost, QuotaSpent, Terminal
from bridge.mapping.versions import usable

if TYPE_CHECKING:
    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection
    from bridge.constant_contact.client import ConstantContact
    from bridge.delivery.bulk.drive import Stand
    from bridge.delivery.bulk.model import Round
    from bridge.mapping.versions import ActiveMapping

log = logging.getLogger(__name__)

_LEAST_WAIT_S = 1.0
_REST_S = 60.0


def bulk_slice(installation: Installation, *, until: float) -> frozenset[int]:
    """Drive the bulk rounds that are due until each waits, or the time is up.

    Args:
        installation: What a worker needs.
        until: `time.monotonic()` at which to stop.

    Returns:
        The connections something was done for: their statuses are to be written back.
    """
    served: set[int] = set()
    with installation.database.transaction() as tx:
        open_rounds(tx)
        due = due_rounds(tx)
    for connection_id in due:
        if time.monotonic() < until and _serve(installation, connection_id, until):
            served.add(connection_id)
    return frozenset(served)


def open_driver(
    installation: Installation,
    current: ActiveMapping,
    reader: Reader,
    there: ConstantContact,
    filler: Filler | None = None,
) -> Driver:
    """Return what drives the round of a connection.

    Args:
        installation: What it works with.
        current: The mapping in force.
        reader: Reads back from the organization.
        there: The account.
        filler: Takes subjects in; None: as changes that came by message are.
    """
    database, settings = installation.database, installation.settings
    return Driver(
        database=database,
        there=there,
        current=current,
        filler=filler
        or Filler(database=database, settings=settings, reader=reader, current=current),
        poster=Poster(database=database, there=there),
        poller=Poller(database=database, there=there),
        ender=Ender(database=database, settings=settings, current=current),
    )


def _serve(installation: Installation, connection_id: int, until: float) -> bool:
    """Drive one connection's round; return whether anything was done."""
    database = installation.database
    with database.transaction() as tx:
        connection = load_connection(tx, connection_id)
        current = usable(tx, connection_id)
        now = claim_round(tx, connection_id, installation.settings.lease_s)
    if now is None or current is None:
        return False
    slots = Slots(database, connection, lane=WEBHOOK)
    there = installation.constant_contact(connection, slots.take)
    salesforce = installation.salesforce(connection)
    reader = Reader(
        database=database, salesforce=salesforce, connection=connection, mapping=current.mapping
    )
    try:
        driver = open_driver(installation, current, reader, there)
        _drive(installation, connection, driver, now, until)
    finally:
        there.close()
        salesforce.close()
    return True


def _drive(
    installation: Installation, connection: Connection, driver: Driver, now: Round, until: float
) -> None:
    stand: Stand | None = None
    try:
        while time.monotonic() < until:
            stand = driver.step(now)
            if stand.round is None:
                return
            now = stand.round
            if stand.wait_s > 0:
                break
    except LeaseLost:
        log.warning("bulk_round_lost", extra={"connection": connection.name})
        return
    except psycopg.errors.DeadlockDetected:
        log.warning("deadlock", extra={"connection": connection.name, "phase": now.phase})
    except BridgeError as error:
        _bear(installation, connection, now.connection_id, error)
    with installation.database.transaction() as tx:
        release_round(tx, now)


def _bear(
    installation: Installation, connection: Connection, connection_id: int, error: BridgeError
) -> None:
    """Let the round wait as the error says; where it stands is kept already."""
    consequence = consequence_of(error, 2, random.random())  # noqa: S311
    log.warning(
        "bulk_round_waits",
        extra={
            "connection": connection.name,
            "error": type(error).__name__,
            "why": consequence.reason,
        },
    )
    note_limit(installation.database, connection, error)
    with installation.database.transaction() as tx:
        after_s = consequence.after_s
        if consequence.until is not None:
            after_s = (consequence.until - clock_now(tx)).total_seconds()
        postpone(tx, connection_id, max(_LEAST_WAIT_S, after_s))
        if isinstance(error, Terminal) and not isinstance(error, QuotaSpent):
            rest(tx, connection_id, _REST_S)  # each subject meets the error, and says so
