"""Changed records of an organization: all, each once, in an order that can be gone on with."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bridge.connections.credentials import read_credentials, set_credentials
from bridge.connections.store import add_connection
from bridge.salesforce.changes import behind, read_changed, read_changed_by_parent
from bridge.salesforce.client import Salesforce, open_salesforce
from tests.fix_sandbox import start_sandbox, stop_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.salesforce.values import Record
    from bridge.settings import Settings
    from tests.fix_sandbox import RunningSandbox

MANY = 5_000
PATHS = ("LastName", "SystemModstamp", "Account.Name")
SINCE = datetime(2020, 1, 1, tzinfo=UTC)
BASE = "/services/data/v66.0/sobjects"


@pytest.fixture
def salesforce(
    connection: Connection, database: Database, keyring: KeyRing, settings: Settings
) -> Iterator[Salesforce]:
    client = open_salesforce(connection, database, keyring, settings)
    yield client
    client.close()


@pytest.fixture
def crowded(database: Database, keyring: KeyRing, settings: Settings) -> Iterator[Salesforce]:
    """An organization into which thousands of contacts were loaded within one second."""
    process, line = start_sandbox("--size", str(MANY))
    with database.transaction() as tx:
        made = add_connection(tx, keyring, "crowded", line["organization_id"])
        connection = set_credentials(tx, keyring, made.id, read_credentials(json.dumps(line)))
    client = open_salesforce(connection, database, keyring, settings)
    yield client
    client.close()
    stop_sandbox(process)


def walked(salesforce: Salesforce, since: datetime, count: int) -> list[Record]:
    """Read all changes of contacts by pages."""
    found: list[Record] = []
    after = None
    while True:
        page = read_changed(salesforce, "Contact", PATHS, since=since, after=after, count=count)
        found += page
        if len(page) < count:
            return found
        after = behind(page[-1])


def test_thousands_of_one_stamp_are_read_each_once(crowded: Salesforce) -> None:
    found = walked(crowded, SINCE, 2_000)
    stamps = [record["SystemModstamp"] for record in found]
    assert max(map(stamps.count, set(stamps))) >= MANY
    assert len({record["Id"] for record in found}) == len(found)
    assert len(found) == crowded.count_all("Contact")


def test_a_deleted_record_is_among_its_changes(
    salesforce: Salesforce, sandbox: RunningSandbox
) -> None:
    made = sandbox.salesforce("POST", f"{BASE}/Contact", {"LastName": "Moran"}).json()["id"]
    sandbox.salesforce("DELETE", f"{BASE}/Contact/{made}")
    since = datetime.now(UTC) - timedelta(minutes=5)  # noqa: TID251 -- the sandbox's clock is real
    (record,) = walked(salesforce, since, 2_000)
    assert (record["Id"], record["IsDeleted"]) == (made, "true")


def test_children_of_a_changed_parent_are_found_by_its_stamp(
    salesforce: Salesforce, sandbox: RunningSandbox
) -> None:
    account = sandbox.salesforce("POST", f"{BASE}/Account", {"Name": "Moran"}).json()["id"]
    people = [
        sandbox.salesforce(
            "POST", f"{BASE}/Contact", {"LastName": "Moran", "AccountId": account}
        ).json()["id"]
        for _ in range(3)
    ]
    since = datetime.now(UTC) - timedelta(minutes=5)  # noqa: TID251 -- the sandbox's clock is real
    first = read_changed_by_parent(
        salesforce, "Contact", PATHS, "Account", since=since, after=None, count=2
    )
    rest = read_changed_by_parent(
        salesforce, "Contact", PATHS, "Account", since=since, after=first[-1]["Id"], count=2
    )
    assert [record["Id"] for record in first + rest] == sorted(people)
    assert {record["Account.Name"] for record in first + rest} == {"Moran"}
