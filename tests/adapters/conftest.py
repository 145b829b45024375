"""A connection of the bridge to the sandbox, with stored credentials."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

from bridge.connections.credentials import read_credentials, set_credentials
from bridge.connections.keyring import KeyRing
from bridge.connections.store import add_connection
from tests.adapters.connecting import Desk, Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.settings import Settings
    from tests.fix_sandbox import RunningSandbox

MAPPINGS = Path(__file__).parents[2] / "mappings"


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


@pytest.fixture
def desk(
    sandbox: RunningSandbox,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Desk:
    """Where somebody connects a new installation, with a database and no `.env`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", settings.database_url or "")
    monkeypatch.setenv("BRIDGE_KEYS", Fernet.generate_key().decode())
    monkeypatch.setenv("BRIDGE_MAPPINGS", str(MAPPINGS))
    monkeypatch.setenv("BRIDGE_DATA_DIR", str(tmp_path / "data"))
    return Desk(sandbox, monkeypatch, capsys)


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Iterator[Person]:
    """Somebody with a browser on this machine, who allows what is asked."""
    person = Person().sit_down(monkeypatch)
    yield person
    person.end()
