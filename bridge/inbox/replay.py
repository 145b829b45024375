"""Replay: put a notification back to where it was when it arrived, and wake whoever reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.db.database import open_database
from bridge.errors import BridgeError
from bridge.inbox.listing import SQL, find_notification
from bridge.wakeups.broker import create_broker
from bridge.wakeups.topics import TRIAGE, TRIAGE_CONSENT
from bridge.wakeups.wake import Waker

if TYPE_CHECKING:
    from bridge.inbox.listing import Listed
    from bridge.settings import Settings


class NothingToReplay(BridgeError):
    """The notification says nothing, or nobody knows any more what it said."""


def replay(settings: Settings, notification_id: str, *, connection: str | None = None) -> Listed:
    """Have a notification triaged and delivered again, and return it as it is now.

    What it says is compared with what is known: a state that is newer than it stays.

    Raises:
        NoSuchNotification: If there is none of this id.
        NothingToReplay: If it has no data, or its message is not kept any more.
        ConfigurationError: If several connections have one, or the broker is not usable.
    """
    database = open_database(settings, size=2)
    try:
        with database.transaction() as tx:
            asked = find_notification(tx, notification_id, connection=connection)
            _refuse_what_says_nothing(asked)
            tx.execute(
                SQL["replay"],
                {"connection_id": asked.connection_id, "notification_id": asked.notification_id},
            )
            replayed = find_notification(tx, asked.notification_id, connection=asked.connection)
        broker = create_broker(settings, database)
        try:
            Waker(database, broker).wake({TRIAGE_CONSENT if replayed.consent else TRIAGE})
        finally:
            broker.close()
    finally:
        database.close()
    return replayed


def _refuse_what_says_nothing(asked: Listed) -> None:
    if asked.record_id is None:
        raise NothingToReplay(
            f"{asked.notification_id} came without data: there is nothing to replay"
        )
    if asked.origin == "message" and asked.fields is None:
        raise NothingToReplay(
            f"the message of {asked.notification_id} is not kept any more: save the record again "
            "in Salesforce"
        )
