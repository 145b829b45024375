"""Outbound messages as an organization has them, read by the Metadata API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.connections.secrets import read_secret, write_secret
from bridge.errors import Forbidden
from bridge.salesforce.client import Salesforce, open_salesforce
from bridge.salesforce.outbound_messages import read_outbound_messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.settings import Settings
    from tests.fix_sandbox import RunningSandbox


@pytest.fixture
def salesforce(
    connection: Connection, database: Database, keyring: KeyRing, settings: Settings
) -> Iterator[Salesforce]:
    """A client of the sandbox's organization."""
    client = open_salesforce(connection, database, keyring, settings)
    yield client
    client.close()


def test_all_are_read_as_the_control_api_tells_them(
    salesforce: Salesforce, sandbox: RunningSandbox
) -> None:
    sandbox.control("PUT", "/salesforce/endpoint", {"url": "https://bridge.example.org/a?b=1&c"})
    there = {one["full_name"]: one for one in sandbox.control("GET", "/salesforce/definitions")}
    found = read_outbound_messages(salesforce.metadata)
    assert [one.full_name for one in found] == sorted(there)
    for one in found:
        listed = there[one.full_name]
        assert one.fields == set(listed["fields"])
        assert one.action_id == listed["action_id"]
        assert one.object == listed["object"]
        assert one.endpoint_url == "https://bridge.example.org/a?b=1&c"
        assert (one.api_version, one.sends_session) == (listed["api_version"], False)
        assert one.integration_user == salesforce.identity().username


def test_a_user_without_the_right_is_forbidden_in_the_vendors_words(
    salesforce: Salesforce, sandbox: RunningSandbox
) -> None:
    sandbox.control("PUT", "/salesforce/policy", {"metadata_api": False})
    with pytest.raises(Forbidden, match="requires a user with the ModifyAllData permission"):
        read_outbound_messages(salesforce.metadata)


@pytest.mark.parametrize("ask", ["identity", "messages", "objects"])
def test_a_session_that_ended_is_renewed_whatever_was_asked(
    ask: str, connection: Connection, database: Database, keyring: KeyRing, settings: Settings
) -> None:
    with database.transaction() as tx:
        write_secret(tx, keyring, connection.id, "sf_token", "ended")
    client = open_salesforce(connection, database, keyring, settings)
    asked = {
        "identity": client.identity,
        "messages": lambda: read_outbound_messages(client.metadata),
        "objects": client.objects,
    }
    assert asked[ask]()
    client.close()
    with database.transaction() as tx:
        renewed = read_secret(tx, keyring, connection.id, "sf_token")
    assert renewed is not None
    assert renewed.text != "ended"


def test_calls_of_the_day_are_those_of_the_organization(
    salesforce: Salesforce, sandbox: RunningSandbox
) -> None:
    sandbox.control("POST", "/salesforce/setup", {"daily_requests": 1_000, "used_requests": 900})
    left, most = salesforce.calls_of_the_day()
    assert most == 1_000
    assert 90 <= left < 100
