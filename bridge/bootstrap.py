"""Composition: the one place that names concrete adapters and hands them to those who use them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.connections.keyring import open_keyring
from bridge.constant_contact.client import ConstantContact
from bridge.constant_contact.tokens import Tokens
from bridge.db.database import open_database
from bridge.salesforce.client import open_salesforce
from bridge.wakeups.broker import create_broker
from bridge.wakeups.wake import Waker

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import dramatiq

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.salesforce.client import Salesforce
    from bridge.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What every worker needs; made once a process, shared by its threads."""

    settings: Settings
    database: Database
    keyring: KeyRing
    broker: dramatiq.Broker
    waker: Waker

    def salesforce(self, connection: Connection) -> Salesforce:
        """Return a client of a connection's organization, for one thread."""
        return open_salesforce(connection, self.database, self.keyring, self.settings)

    def constant_contact(
        self, connection: Connection, take_slot: Callable[[], AbstractContextManager[None]]
    ) -> ConstantContact:
        """Return a client of a connection's account, for one thread; each call takes a slot."""
        timeout_s = self.settings.http_timeout_s
        tokens = Tokens(connection, self.database, self.keyring, timeout_s)
        return ConstantContact(connection, tokens, take_slot, timeout_s)


def open_installation(settings: Settings, *, connections: int = 8) -> Installation:
    """Return the installation of these settings; nothing remote is contacted.

    Args:
        settings: Where everything is.
        connections: Database connections that the process may hold at once, at least 1.

    Raises:
        ConfigurationError: If the key ring or the broker is not usable.
    """
    database = open_database(settings, size=connections)
    broker = create_broker(settings, database)
    return Installation(
        settings=settings,
        database=database,
        keyring=open_keyring(settings),
        broker=broker,
        waker=Waker(database, broker),
    )
