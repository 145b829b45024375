"""Look at what stands, keep what changed, and tell it: the work of a thread of the scheduler.

Everything is a row before it is sent, so a process that starts again neither repeats nor forgets.
Only a process that is killed between the other side's answer and the commit tells a thing twice.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import psycopg

from bridge.alerts.certificate import look_at_certificate
from bridge.alerts.changes import changes
from bridge.alerts.outlets import NotTaken
from bridge.alerts.store import SQL, keep, note_refused, note_taken, read_open, take_due
from bridge.status.alarms import alarms
from bridge.status.gather import read_watched

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence

    from bridge.alerts.outlets import Outlet
    from bridge.db.database import Database
    from bridge.settings import Settings

log = logging.getLogger(__name__)

EVERY_S = 20.0


def watch(
    database: Database, settings: Settings, outlets: Sequence[Outlet], stop: threading.Event
) -> None:
    """Look and tell, again and again, until told to stop."""
    while not stop.is_set():
        try:
            look_at_certificate(database, settings)
            look(database, settings, outlets)
            tell(database, outlets)
        except psycopg.Error as error:
            log.warning("alerts_not_watched", extra={"error": type(error).__name__})
        stop.wait(EVERY_S)


def look(database: Database, settings: Settings, outlets: Sequence[Outlet]) -> None:
    """Compare what stands with what is known, and keep what changed; one process at a time."""
    with database.transaction() as tx:
        row = tx.execute(SQL["look_alone"]).fetchone()
        if row is None or not row[0]:
            return
        screen = read_watched(tx, settings)
        changed = changes(alarms(screen), read_open(tx), screen.at)
        keep(tx, changed, [outlet.name for outlet in outlets])
    for alarm in changed.came:
        log.info("alarm_came", extra={"cause": alarm.cause, "connection": alarm.connection})
    for alert_id in changed.cleared:
        log.info("alert_cleared", extra={"alert": alert_id})


def tell(database: Database, outlets: Sequence[Outlet]) -> None:
    """Send what is due; an outlet that does not take one message is left alone until it is due."""
    for outlet in outlets:
        while _tell_one(database, outlet):
            pass


def _tell_one(database: Database, outlet: Outlet) -> bool:
    """Send one message; return whether the outlet may be told more."""
    with database.transaction() as tx:
        message = take_due(tx, outlet.name)
    if message is None:
        return False
    about = {"alert": message.alert_id, "outlet": outlet.name, "news": message.news}
    try:
        outlet.send(message)
    except NotTaken as error:
        with database.transaction() as tx:
            note_refused(tx, message, str(error))
        log.warning("alert_not_taken", extra={**about, "why": str(error)})
        return False
    with database.transaction() as tx:
        note_taken(tx, message)
    log.info("alert_taken", extra=about)
    return True
