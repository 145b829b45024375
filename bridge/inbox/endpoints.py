"""Where outbound messages are accepted, kept in memory and at most a second old."""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from typing import TYPE_CHECKING

import psycopg

from bridge.connections.store import read_endpoints
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Endpoint
    from bridge.db.database import Database

SQL = load_queries("bridge.inbox")
REFRESH_S = 0.8
_MISS_REFRESH_S = 0.1
_NO_SECRET = b"no connection has this secret"

log = logging.getLogger(__name__)


class Endpoints:
    """The endpoints of all connections, and which definitions fire for consent only."""

    def __init__(self, database: Database, keyring: KeyRing) -> None:
        self._database = database
        self._keyring = keyring
        self._by_name: dict[str, tuple[Endpoint, tuple[bytes, ...]]] | None = None
        self._consent: frozenset[tuple[int, str]] = frozenset()
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    def find(self, name: str, secret: str) -> Endpoint | None:
        """Return the endpoint with this name and secret, as far as it was read.

        The comparison takes a time that tells nothing of a secret, nor whether the name exists.
        """
        endpoint, secrets = (self._by_name or {}).get(name, (None, (_NO_SECRET,)))
        given = secret.encode("utf-8", "surrogatepass")
        is_right = False
        for one in secrets:
            is_right |= hmac.compare_digest(one, given)
        return endpoint if is_right else None

    async def look_again(self, name: str, secret: str) -> Endpoint | None:
        """Return an endpoint that was not found, if it has been added just now.

        Raises:
            psycopg.Error: If the endpoints cannot be read.
            ConfigurationError: If the key ring does not open a path secret.
        """
        asked_at = time.monotonic()
        # Ten looks a second at most, whatever is tried; one look serves all who wait for it.
        await asyncio.sleep(self._read_at + _MISS_REFRESH_S - asked_at)
        await self.refresh(asked_at=asked_at)
        return self.find(name, secret)

    def is_consent(self, connection_id: int, action_id: str | None) -> bool:
        """Tell whether this definition fires only when a consent field changes."""
        return (connection_id, action_id) in self._consent

    async def keep_fresh(self) -> None:
        """Read the endpoints again and again, until cancelled."""
        was_reachable = True
        while True:
            try:
                await self.refresh(asked_at=time.monotonic())
                was_reachable = True
            except (psycopg.Error, ConfigurationError) as error:
                # The last known endpoints stay: without the database nothing is acknowledged.
                if was_reachable:
                    log.warning("endpoints_not_read", extra={"error": type(error).__name__})
                was_reachable = False
            await asyncio.sleep(REFRESH_S)

    async def refresh(self, *, asked_at: float) -> None:
        """Read the endpoints, unless another reader began after `asked_at` (monotonic seconds)."""
        async with self._reading:
            if self._read_at >= asked_at:
                return
            began = time.monotonic()
            endpoints, consent = await asyncio.to_thread(self._read)
            self._by_name = {
                endpoint.name: (endpoint, tuple(secret.encode() for secret in endpoint.secrets))
                for endpoint in endpoints
            }
            self._consent = consent
            self._read_at = began

    def _read(self) -> tuple[list[Endpoint], frozenset[tuple[int, str]]]:
        with self._database.transaction() as tx:
            definitions = tx.execute(SQL["consent_definitions"]).fetchall()
            return read_endpoints(tx, self._keyring), frozenset(definitions)
