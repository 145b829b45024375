"""Look at each connection once a night, before its runs, and keep what changed since the last."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from bridge.clock import now
from bridge.connections.store import list_connections
from bridge.cron import last_due
from bridge.doctor.changes import changes
from bridge.doctor.look import look_at
from bridge.doctor.nightly_installation import look_at_installation
from bridge.doctor.shape import shape_of
from bridge.doctor.store import claim, keep, last_due_at, last_kept
from bridge.errors import BridgeError

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection

log = logging.getLogger(__name__)

CRON = "30 0 * * *"
"""Half an hour before the first of the nightly runs, in the zone of the installation."""


def look_nightly(installation: Installation) -> None:
    """Take every look that is due: the installation's, and one at each connection.

    What has never been looked at is looked at at once, then once a night.
    """
    look_at_installation(installation, CRON)
    with installation.database.transaction() as tx:
        connections = [one for one in list_connections(tx) if one.state != "unconnected"]
    for connection in connections:
        due_at = _claimed(installation, connection)
        if due_at is None:
            continue
        try:
            _look(installation, connection, due_at)
        except BridgeError as error:
            # A connection at fault is no matter of the others; it is looked at again.
            about = {"connection": connection.name, "error": type(error).__name__}
            log.warning("doctor_look_failed", extra=about)


def _claimed(installation: Installation, connection: Connection) -> datetime | None:
    with installation.database.transaction() as tx:
        at = now(tx)
        taken = last_due_at(tx, connection.id) or at - timedelta(days=2)
        due_at = last_due(CRON, installation.settings.zone, after=taken, until=at)
        return due_at if due_at is not None and claim(tx, connection.id, due_at) else None


def _look(installation: Installation, connection: Connection, due_at: datetime) -> None:
    facts, findings = look_at(
        connection, installation.database, installation.keyring, installation.settings
    )
    shape = shape_of(facts)
    with installation.database.transaction() as tx:
        before = last_kept(tx, connection.id)
        changed = [] if before is None or shape is None else changes(before.shape, shape)
        keep(tx, connection.id, due_at, findings=findings, shape=shape, changed=changed)
    log.info("doctor_looked", extra={"connection": connection.name, "changes": len(changed)})
