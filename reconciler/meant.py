"""Which connection a command that runs a job is about, and who asks; for those that act here."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

from bridge.connections.store import DEFAULT, list_connections, load_connection
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection


def connection_meant(installation: Installation, name: str | None) -> Connection:
    """Return the connection that is meant; where there is one only, nobody need name it.

    Raises:
        ConfigurationError: If there is none of the name, none at all, or several to choose from.
    """
    with installation.database.transaction() as tx:
        if name is not None:
            return load_connection(tx, name)
        connections = list_connections(tx)
    if len(connections) == 1:
        return connections[0]
    for connection in connections:
        if connection.name == DEFAULT:
            return connection
    if not connections:
        raise ConfigurationError("there is no connection yet: `bridge connect salesforce`")
    names = ", ".join(connection.name for connection in connections)
    raise ConfigurationError(f"give --connection: there are {names}")


def user_here() -> str:
    """Return the name of the user of this machine, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        return f"user {os.getuid()}"
