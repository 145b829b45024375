"""Wake whoever delivers changes of consent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.wakeups.broker import create_broker
from bridge.wakeups.topics import DELIVER_CONSENT
from bridge.wakeups.wake import Waker

if TYPE_CHECKING:
    from bridge.db.database import Database
    from bridge.settings import Settings


def wake_consent(settings: Settings, database: Database) -> None:
    """Wake the consent lane; where nobody hears it, the sweep finds the work.

    Raises:
        ConfigurationError: If the broker is not usable.
    """
    broker = create_broker(settings, database)
    try:
        Waker(database, broker).wake({DELIVER_CONSENT})
    finally:
        broker.close()
