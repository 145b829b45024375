"""Connections to PostgreSQL: one for a command, a few kept ones for a process that works.

Every session is in UTC. With no `DATABASE_URL` each connect goes through the embedded server's
`attach`, which starts the server again when it is gone.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from select import select
from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bridge.db import embedded
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.settings import Settings

_WAIT_FOR_CONNECTION_S = 30.0
_DEFAULTS = {
    "application_name": "bridge",
    "connect_timeout": "10",
    # A database host that dies without a word is noticed within a minute.
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}


class Database:
    """A few connections to PostgreSQL, opened when needed and shared by the threads of a process.

    Connections are opened in the thread that asks, so that its caller sees the error. One that
    died with its server is replaced at the next transaction. Open it after a fork, not before.
    """

    def __init__(self, settings: Settings, size: int) -> None:
        self._settings = settings
        self._free = threading.BoundedSemaphore(size)
        self._idle: list[psycopg.Connection] = []  # the last one used is the next one taken
        self._is_closed = False

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """Give a connection in a transaction: committed at the end, rolled back on an error.

        Raises:
            psycopg.OperationalError: If the server cannot be reached, or every connection was in
                use for 30 seconds.
        """
        with self.session() as connection, connection.transaction():
            yield connection

    @contextmanager
    def session(self) -> Iterator[psycopg.Connection]:
        """Give a connection whose every statement is a transaction of its own.

        A third of the round trips for what is one statement.

        Raises:
            psycopg.OperationalError: As `transaction` does.
        """
        if not self._free.acquire(timeout=_WAIT_FOR_CONNECTION_S):
            message = f"no free database connection within {_WAIT_FOR_CONNECTION_S:.0f} s"
            raise psycopg.OperationalError(message)
        try:
            connection = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._free.release()

    def conninfo(self) -> str:
        """Return the libpq parameters of the server, which runs when this returns.

        For libraries that open connections of their own. Valid in this process.

        Raises:
            psycopg.OperationalError: If the embedded server did not answer in time.
        """
        return _conninfo(self._settings)

    def close(self) -> None:
        """Close the connections that are not in use; the others close when they come back."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> psycopg.Connection:
        while self._idle:
            connection = self._idle.pop()
            # An idle session has nothing to say, unless it says good-bye.
            if not select([connection.fileno()], [], [], 0)[0] or _still_answers(connection):
                return connection
            connection.close()
        return connect(self._settings)

    def _give_back(self, connection: psycopg.Connection) -> None:
        if self._is_closed:
            connection.close()
        elif not connection.closed:
            self._idle.append(connection)


def open_database(settings: Settings, *, size: int = 4) -> Database:
    """Return the database of this installation; nothing is connected yet.

    Args:
        settings: Where the database is.
        size: Connections that may be open at once, at least 1.
    """
    return Database(settings, size)


def connect(settings: Settings) -> psycopg.Connection:
    """Return one connection in autocommit, for a command.

    Raises:
        ConfigurationError: If the embedded server cannot run here.
        psycopg.OperationalError: If the server cannot be reached.
    """
    if settings.database_url is None:
        connection = embedded.connect_embedded(settings.data_dir, application_name="bridge")
    else:
        connection = psycopg.connect(_conninfo(settings), autocommit=True)
    if connection.info.parameter_status("TimeZone") != "UTC":
        connection.execute("SET TimeZone TO 'UTC'")
    return connection


async def connect_async(settings: Settings) -> psycopg.AsyncConnection:
    """Return one asynchronous connection in autocommit.

    Raises:
        ConfigurationError: If the embedded server cannot run here.
        psycopg.OperationalError: If the server cannot be reached.
    """
    conninfo = await asyncio.to_thread(_conninfo, settings)
    connection = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
    if connection.info.parameter_status("TimeZone") != "UTC":
        await connection.execute("SET TimeZone TO 'UTC'")
    return connection


def _conninfo(settings: Settings) -> str:
    if settings.database_url is None:
        return embedded.attach(settings.data_dir)
    try:
        given = conninfo_to_dict(settings.database_url)
    except psycopg.ProgrammingError:  # its message may show the password
        message = "DATABASE_URL: not the address of a PostgreSQL database"
        raise ConfigurationError(message) from None
    defaults = {name: value for name, value in _DEFAULTS.items() if name not in given}
    return make_conninfo(settings.database_url, **defaults)


def _still_answers(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("")
    except psycopg.OperationalError:
        return False
    return True
