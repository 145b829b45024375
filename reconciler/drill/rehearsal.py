"""An installation that works on a copy of the database, and asks both sides as the real one does.

The logins in a backup are older than those in use, and a refresh token is good for one use: to
renew one from a copy would end the real one. So tokens and calls are those of the real database.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.bootstrap import Installation
from bridge.connections.store import load_connection
from bridge.delivery.work import RECONCILE
from reconciler.runs.halt import Halt
from reconciler.runs.slots import RunSlots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from bridge.connections.model import Connection
    from bridge.constant_contact.client import ConstantContact
    from bridge.salesforce.client import Salesforce


@dataclass(frozen=True, kw_only=True)
class Rehearsal(Installation):
    """An installation on a copy.

    Attributes:
        real: The one that works.
    """

    real: Installation

    def salesforce(self, connection: Connection) -> Salesforce:
        """Return a client with the real login."""
        return self.real.salesforce(self._real(connection))

    def constant_contact(
        self, connection: Connection, take_slot: Callable[[], AbstractContextManager[None]]
    ) -> ConstantContact:
        """Return a client with the real tokens; each call takes a slot of the real budget."""
        known = self._real(connection)
        slots = RunSlots(self.real.database, known, lane=RECONCILE, halt=Halt())

        @contextmanager
        def take_both() -> Iterator[None]:
            with take_slot(), slots.take():
                yield

        return self.real.constant_contact(known, take_both)

    def _real(self, connection: Connection) -> Connection:
        with self.real.database.transaction() as tx:
            return load_connection(tx, connection.name)
