"""Group commit: messages that arrive while a transaction is under way share the next one.

No timer and no second connection: with one transaction in flight the next batch gathers by itself,
and a lone message is committed at once.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

import psycopg

from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from bridge.metrics import COMMIT_SECONDS, MESSAGES, NOTIFICATIONS
from bridge.wakeups.topics import TRIAGE, TRIAGE_CONSENT

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from bridge.inbox.heads import NotificationHead
    from bridge.inbox.soap import ReceivedMessage

SQL = load_queries("bridge.inbox")
_MOST_NOTIFICATIONS = 1_000
_MOST_BYTES = 8_000_000
_MOST_WAITING_BYTES = 100_000_000
_DEADLINE_S = 10.0
_ID_BYTES = 16
_DEADLOCKS = 3  # each ends with somebody else getting on
_SEPARATOR = "\x1f"

_ACKNOWLEDGED = MESSAGES.labels("acknowledged")

log = logging.getLogger(__name__)


class NotStored(Exception):
    """The message is in no table: whoever sent it must send it again."""


class Arrival(NamedTuple):
    """A checked message, with at least one notification, on its way into the inbox.

    Attributes:
        message: Its body as it is stored.
        from_address: IP address of the sender, where it is known.
        consent: Whether its definition fires only when a consent field changes.
    """

    connection_id: int
    message: ReceivedMessage
    from_address: str | None
    consent: bool


class Promise(Protocol):
    """Whoever has to be told what became of a message; a future of asyncio is one."""

    def done(self) -> bool:
        """Tell whether nobody has to be told any more."""

    def set_result(self, result: None, /) -> None:
        """Take it that the message is committed; must not raise."""

    def set_exception(self, exception: Exception, /) -> None:
        """Take it that the message is in no table, and why; must not raise."""


_Waiting: TypeAlias = "tuple[Arrival, Promise]"


class GroupCommit:
    """Stores messages, several a transaction.

    Args:
        connect: Opens a connection in autocommit.
        ring: Is told after a commit which topic's workers have something to do.
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[psycopg.AsyncConnection]],
        ring: Callable[[str], None],
    ) -> None:
        self._connect = connect
        self._ring = ring
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connection: psycopg.AsyncConnection | None = None
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._arrived = asyncio.Event()
        self._is_serving = True

    async def store(self, arrival: Arrival) -> None:
        """Return once the message is committed.

        Raises:
            NotStored: If it is not.
        """
        # Asked once: up to Python 3.11 it is a system call, a tenth of what a short message costs.
        self._loop = self._loop or asyncio.get_running_loop()
        stored = self._loop.create_future()
        self.add(arrival, stored)
        await stored

    def add(self, arrival: Arrival, stored: Promise) -> None:
        """Have a message stored with the next batch, and somebody told of it.

        Raises:
            NotStored: If it cannot be; nobody is told then.
        """
        if not self._is_serving:
            raise NotStored("the server is stopping")
        if self._waiting_bytes > _MOST_WAITING_BYTES:
            raise NotStored("too much waits for the database")
        self._waiting.append((arrival, stored))
        self._waiting_bytes += len(arrival.message.body)
        self._arrived.set()

    async def serve(self) -> None:
        """Commit what arrives, until cancelled; what waits then is told that it is not stored."""
        try:
            while True:
                await self._arrived.wait()
                batch = self._take()
                try:
                    async with asyncio.timeout(_DEADLINE_S):
                        await self._commit(batch)
                except (psycopg.Error, ConfigurationError, TimeoutError) as error:
                    log.warning(
                        "messages_not_stored",
                        extra={"messages": len(batch), "error": type(error).__name__},
                    )
                    await self._disconnect()
                finally:
                    _fail(batch)
        finally:
            self._is_serving = False
            _fail(self._waiting)
            await self._disconnect()

    def _take(self) -> list[_Waiting]:
        batch = []
        notifications = size = 0
        while self._waiting and notifications < _MOST_NOTIFICATIONS and size < _MOST_BYTES:
            waiting = self._waiting.popleft()
            batch.append(waiting)
            message = waiting[0].message
            notifications += len(message.notifications)
            size += len(message.body)
        self._waiting_bytes -= size
        if not self._waiting:
            self._arrived.clear()
        return batch

    async def _commit(self, batch: list[_Waiting]) -> None:
        """Store a batch, again where it deadlocks with workers: they hold what is told again."""
        for _ in range(_DEADLOCKS):
            try:
                return await self._store(batch)
            except psycopg.errors.DeadlockDetected:
                continue
        return await self._store(batch)

    async def _store(self, batch: list[_Waiting]) -> None:
        try:
            await self._insert(batch)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            # The server went away, perhaps after the commit: storing again changes nothing then.
            if self._connection is None or not self._connection.closed:
                raise
            await self._disconnect()
            await self._insert(batch)
        except psycopg.DataError:
            if len(batch) == 1:
                raise
            # A value of one message that PostgreSQL cannot take must not keep out the others.
            for waiting in batch:
                try:
                    await self._insert([waiting])
                except psycopg.DataError:
                    extra = {"connection_id": waiting[0].connection_id}
                    log.warning("message_not_stored", extra=extra)

    async def _insert(self, batch: list[_Waiting]) -> None:
        if self._connection is None:
            self._connection = await self._connect()
        arrivals = [arrival for arrival, _ in batch]
        with COMMIT_SECONDS.time():
            await self._connection.execute(SQL["store_messages"], _columns(arrivals), prepare=True)
        for _, stored in batch:
            if not stored.done():
                stored.set_result(None)
        _ACKNOWLEDGED.inc(len(batch))
        NOTIFICATIONS.inc(sum(len(arrival.message.notifications) for arrival in arrivals))
        for consent in {arrival.consent for arrival in arrivals}:
            self._ring(TRIAGE_CONSENT if consent else TRIAGE)

    async def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.close()


def _columns(arrivals: Sequence[Arrival]) -> dict[str, str | bytes]:
    """Return the parameters of `store_messages`: a column each; messages are counted from 1."""
    heads: list[NotificationHead] = []
    numbers: list[str] = []
    firsts: list[int] = []
    starts: list[int] = []
    size = 0
    for number, arrival in enumerate(arrivals, start=1):
        firsts.append(len(heads) + 1)
        starts.append(size + 1)
        size += len(arrival.message.body)
        heads += arrival.message.notifications
        numbers += [str(number)] * len(arrival.message.notifications)
    connection_ids, messages, addresses, consents = zip(*arrivals, strict=True)
    _, action_ids, _, bodies, encodings = zip(*messages, strict=True)
    notification_ids, objects, record_ids, digests = zip(*heads, strict=True)
    return {
        # Not by `gen_random_uuid()`: a server without OpenSSL opens /dev/urandom for each.
        "ids": os.urandom(_ID_BYTES * len(arrivals)),
        "connection_ids": _SEPARATOR.join(map(str, connection_ids)),
        "addresses": _joined(addresses),
        "encodings": _SEPARATOR.join(encodings),
        "action_ids": _joined(action_ids),
        "consents": _SEPARATOR.join(map(str, consents)),
        "firsts": _SEPARATOR.join(map(str, firsts)),
        "bodies": b"".join(bodies),
        "bodies_at": _SEPARATOR.join(map(str, starts)),
        "bodies_bytes": _SEPARATOR.join(map(str, map(len, bodies))),
        "messages": _SEPARATOR.join(numbers),
        "notification_ids": _SEPARATOR.join(notification_ids),
        "objects": _joined(objects),
        "record_ids": _joined(record_ids),
        "digests": b"".join(digests),
    }


def _joined(values: Iterable[str | None]) -> str:
    """Join values of which some are missing; an empty one is none."""
    return _SEPARATOR.join([value or "" for value in values])


def _fail(batch: Iterable[_Waiting]) -> None:
    for _, stored in batch:
        if not stored.done():
            stored.set_exception(NotStored("the database did not take the message"))
