"""What commands have alike: an open database, and the connections that are meant."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from bridge.connections.store import list_connections, load_connection
from bridge.consent.who import user_name
from bridge.db.database import open_database
from bridge.db.migrate import wait_for_schema
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import psycopg

    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.settings import Settings


@contextmanager
def database_of(settings: Settings) -> Iterator[Database]:
    """Give the database of an installation that is set up, for as long as a command takes.

    Raises:
        ConfigurationError: If its schema is not that of this version.
    """
    wait_for_schema(settings, 0)
    database = open_database(settings, size=2)
    try:
        yield database
    finally:
        database.close()


def meant(tx: psycopg.Connection[Any], name: str | None) -> Sequence[Connection]:
    """Return the connection of a name; all of them where none is given.

    Raises:
        ConfigurationError: If there is no connection of this name.
    """
    return list_connections(tx) if name is None else [load_connection(tx, name)]


def the_one_meant(tx: psycopg.Connection[Any], name: str | None) -> Connection:
    """Return the connection of a name; the only one where none is given.

    Raises:
        ConfigurationError: If there is no such connection, or there are several to choose from.
    """
    found = meant(tx, name)
    if len(found) != 1:
        names = ", ".join(each.name for each in found) or "none"
        message = f"say which connection by --connection NAME; there are: {names}"
        raise ConfigurationError(message)
    return found[0]


def who_types(said: str | None) -> str:
    """Return who gives the command; in a container the user may have no name."""
    try:
        return f"{user_name(said)} (command line)"
    except ConfigurationError:
        return "command line"
