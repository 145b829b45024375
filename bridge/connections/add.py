"""Adding a connection: its row, its credentials, its object profile and its first mapping."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bridge.connections.command import who_types
from bridge.connections.credentials import Credentials, read_credentials, set_credentials
from bridge.connections.keyring import open_keyring
from bridge.connections.profile import propose_profile
from bridge.connections.secrets import refuse_foreign_ring
from bridge.connections.store import (
    add_connection,
    load_connection,
    read_endpoints,
    set_identity,
    set_profile,
)
from bridge.db.database import open_database
from bridge.db.migrate import wait_for_schema
from bridge.errors import ConfigurationError, RemoteError, SetupRefused, SetupUnavailable
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate, active
from bridge.salesforce.client import open_salesforce
from bridge.settings import read_settings
from bridge.setup.check import try_account
from bridge.setup.model import Place

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection, Endpoint
    from bridge.db.database import Database
    from bridge.settings import Settings


class Added(NamedTuple):
    """A connection, where it receives, and what could not be found out of it, or is wrong."""

    connection: Connection
    endpoint: Endpoint
    note: str | None


def add(arguments: argparse.Namespace) -> Added:
    """Add a connection as the command line says.

    Raises:
        ConfigurationError: If an argument, the credentials or a mapping file is wrong; the
            message lists every fault.
    """
    settings = read_settings()
    credentials = _credentials(arguments)
    if credentials.organization_id is None:
        raise ConfigurationError("give --organization-id, or credentials that hold it")
    keyring = open_keyring(settings)
    wait_for_schema(settings, 0)
    database = open_database(settings)
    try:
        with database.transaction() as tx:
            refuse_foreign_ring(tx, keyring)
            connection = add_connection(tx, keyring, arguments.name, credentials.organization_id)
            if arguments.profile is not None:
                set_profile(tx, connection.id, arguments.profile)
            elif connection.profile is None and settings.profile is not None:
                set_profile(tx, connection.id, settings.profile)
            by = who_types(arguments.by)
            connection = set_credentials(tx, keyring, connection.id, credentials, by=by)
        note = _ask_organization(connection, database, keyring, settings)
        if credentials.constant_contact is not None and connection.cc_account_id is not None:
            note = _ask_account(connection, Place(settings, database, keyring)) or note
        with database.transaction() as tx:
            if active(tx, connection.id) is None:
                activate(tx, connection.id, read_files(settings.mappings), by="connection add")
            endpoints = read_endpoints(tx, keyring)
            connection = load_connection(tx, connection.id)
    finally:
        database.close()
    endpoint = next(one for one in endpoints if one.connection_id == connection.id)
    return Added(connection, endpoint, note)


def _credentials(arguments: argparse.Namespace) -> Credentials:
    """Return the credentials of the file, with what the arguments say instead."""
    text = "{}" if arguments.credentials is None else _read(arguments.credentials)
    given = {
        "organization_id": arguments.organization_id,
        "salesforce_url": arguments.salesforce_url,
        "salesforce_login_url": arguments.salesforce_login_url,
        "constant_contact_url": arguments.constant_contact_url,
    }
    return read_credentials(text, {name: value for name, value in given.items() if value})


def _read(source: str) -> str:
    """Return the text of a file, or what standard input says."""
    if source == "-":
        return _first_value(sys.stdin)
    try:
        return Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a text file"
        raise ConfigurationError(f"the credentials {source} cannot be read: {reason}") from None


def _first_value(lines: Iterable[str]) -> str:
    r"""Return the lines up to the end of the first JSON value.

    Its writer may stay up, as the sandbox does when it is piped in.

    >>> _first_value(['{"a":\n', "1}\n", "more"])
    '{"a":\n1}\n'
    """
    text = ""
    for line in lines:
        text += line
        with contextlib.suppress(ValueError):
            json.loads(text)
            break
    return text


def _ask_account(connection: Connection, place: Place) -> str | None:
    """Pause the connection where its new tokens are of another account than the one it is with."""
    try:
        try_account(place, connection)
    except (SetupRefused, SetupUnavailable) as fault:
        return fault.says
    return None


def _ask_organization(
    connection: Connection, database: Database, keyring: KeyRing, settings: Settings
) -> str | None:
    """Ask the organization for its objects and for our own user, where it can be asked.

    What is not found out now is no fault: the connection receives all the same. The reason is
    returned.
    """
    if connection.state != "active":
        return None
    salesforce = open_salesforce(connection, database, keyring, settings)
    try:
        user_id = salesforce.own_user_id()
        found = None
        if connection.profile is None:
            found = propose_profile(read_files(settings.mappings), salesforce.objects())
    except RemoteError as error:
        return f"Salesforce was not asked: {error}"
    finally:
        salesforce.close()
    with database.transaction() as tx:
        set_identity(tx, connection.id, sf_user_id=user_id)
        if found is not None:
            set_profile(tx, connection.id, found)
    return None
