"""A connection of the bridge to the sandbox, with stored credentials."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

from bridge.connections.credentials import read_credentials, set_credentials
from bridge.connections.keyring import KeyRing
from bridge.connections.store import add_connection

if TYPE_CHECKING:
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from tests.fix_sandbox import RunningSandbox


@pytest.fixture
def keyring() -> KeyRing:
    """A key ring of this test alone."""
    return KeyRing([Fernet.generate_key().decode()])


@pytest.fixture
def connection(sandbox: RunningSandbox, database: Database, keyring: KeyRing) -> Connection:
    """A connection that has what the sandbox printed."""
    credentials = read_credentials(json.dumps(sandbox.line))
    with database.transaction() as tx:
        made = add_connection(tx, keyring, "acme", sandbox.line["organization_id"])
        return set_credentials(tx, keyring, made.id, credentials)
