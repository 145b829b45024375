"""Wake whoever delivers, from a command that has asked for something and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.wakeups.broker import create_broker
from bridge.wakeups.topics import DELIVER
from bridge.wakeups.wake import Waker

if TYPE_CHECKING:
    from bridge.db.database import Database
    from bridge.settings import Settings


def wake_delivery(settings: Settings, database: Database) -> None:
    """Wake the lanes that are not consent's; where nobody hears it, the sweep finds the work.

    Raises:
        ConfigurationError: If the broker is not usable.
    """
    broker = create_broker(settings, database)
    try:
        Waker(database, broker).wake({DELIVER})
    finally:
        broker.close()
