"""Connections and their secrets in the database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet

from bridge.connections.credentials import read_credentials, set_credentials
from bridge.connections.keyring import KeyRing
from bridge.connections.secrets import read_secret, refuse_foreign_ring, write_secret
from bridge.connections.store import (
    add_connection,
    ensure_default,
    list_connections,
    load_connection,
    pause,
    read_endpoints,
)
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from bridge.db.database import Database
    from bridge.settings import Settings

ORGANIZATION = "00D5g00000ABcdEEAT"
OTHER_ORGANIZATION = "00D5g00000ZZZZZEA4"
CREDENTIALS: dict[str, Any] = {
    "organization_id": ORGANIZATION,
    "salesforce_url": "http://127.0.0.1:1/",
    "salesforce": {"consumer_key": "key", "consumer_secret": "secret", "username": "ignored"},
    "constant_contact_url": "http://127.0.0.1:2/v3",
    "constant_contact": {
        "client_id": "client",
        "client_secret": "client secret",
        "access_token": "access",
        "refresh_token": "refresh",
    },
    "salesforce_login_url": "http://127.0.0.1:1",
    "constant_contact_auth_url": "http://127.0.0.1:2/oauth2/default/v1",
    "control_url": "http://127.0.0.1:3",
}


@pytest.fixture
def keyring() -> KeyRing:
    return KeyRing([Fernet.generate_key().decode()])


def test_new_connection_receives_at_a_path_with_a_secret(
    database: Database, keyring: KeyRing
) -> None:
    with database.transaction() as tx:
        add_connection(tx, keyring, "acme", ORGANIZATION[:15])
        [endpoint] = read_endpoints(tx, keyring)
    assert endpoint.organization_id == ORGANIZATION
    assert endpoint.path == f"/outbound-messages/acme/{endpoint.secrets[0]}"
    assert len(endpoint.secrets[0]) >= 32
    assert endpoint.secrets[0] not in repr(endpoint)


def test_adding_a_connection_again_keeps_its_secret(database: Database, keyring: KeyRing) -> None:
    with database.transaction() as tx:
        first = add_connection(tx, keyring, "acme", ORGANIZATION)
        before = read_endpoints(tx, keyring)
        again = add_connection(tx, keyring, "acme", ORGANIZATION)
        assert again == first
        assert read_endpoints(tx, keyring) == before


def test_endpoint_accepts_two_secrets_while_one_is_replaced(
    database: Database, keyring: KeyRing
) -> None:
    with database.transaction() as tx:
        connection = add_connection(tx, keyring, "acme", ORGANIZATION)
        write_secret(tx, keyring, connection.id, "path_secret", "newer", slot=1)
        [endpoint] = read_endpoints(tx, keyring)
    assert len(endpoint.secrets) == 2
    assert endpoint.path.endswith("/newer")


@pytest.mark.parametrize(
    ("name", "organization_id"),
    [
        pytest.param("a/b", ORGANIZATION, id="slash in the name"),
        pytest.param("", ORGANIZATION, id="no name"),
        pytest.param("é", ORGANIZATION, id="letter that an address cannot hold"),
        pytest.param("acme", "0035g00000QrStU", id="a contact's id"),
        pytest.param("acme", "ada@example.org", id="no id at all"),
    ],
)
def test_impossible_connections_are_refused(
    database: Database, keyring: KeyRing, name: str, organization_id: str
) -> None:
    with database.transaction() as tx, pytest.raises(ConfigurationError):
        add_connection(tx, keyring, name, organization_id)


def test_name_of_another_organization_is_refused(database: Database, keyring: KeyRing) -> None:
    with database.transaction() as tx:
        add_connection(tx, keyring, "acme", ORGANIZATION)
        with pytest.raises(ConfigurationError, match="serves the organization"):
            add_connection(tx, keyring, "acme", OTHER_ORGANIZATION)


def test_default_exists_once_the_organization_is_set(
    database: Database, settings: Settings, keyring: KeyRing
) -> None:
    with_organization = settings.model_copy(update={"organization_id": ORGANIZATION})
    with database.transaction() as tx:
        ensure_default(settings, tx, keyring)
        assert list_connections(tx) == []
        ensure_default(with_organization, tx, keyring)
        ensure_default(with_organization, tx, keyring)
        assert [one.name for one in list_connections(tx)] == ["default"]


def test_credentials_make_a_connection_active(database: Database, keyring: KeyRing) -> None:
    with database.transaction() as tx:
        connection = add_connection(tx, keyring, "acme", ORGANIZATION)
        assert connection.state == "unconnected"
        credentials = read_credentials(json.dumps(CREDENTIALS))
        connection = set_credentials(tx, keyring, connection.id, credentials)
        client = read_secret(tx, keyring, connection.id, "sf_client")
    assert connection.state == "active"
    assert connection.sf_url == "http://127.0.0.1:1"
    assert connection.cc_url == "http://127.0.0.1:2/v3"
    assert connection.api_application_id is not None
    assert client is not None
    assert json.loads(client.text) == {"consumer_key": "key", "consumer_secret": "secret"}


def test_half_of_the_credentials_does_not_activate(database: Database, keyring: KeyRing) -> None:
    half = {key: value for key, value in CREDENTIALS.items() if key != "constant_contact"}
    with database.transaction() as tx:
        connection = add_connection(tx, keyring, "acme", ORGANIZATION)
        connection = set_credentials(tx, keyring, connection.id, read_credentials(json.dumps(half)))
    assert connection.state == "unconnected"


def test_new_credentials_end_a_pause(database: Database, keyring: KeyRing) -> None:
    credentials = read_credentials(json.dumps(CREDENTIALS))
    with database.transaction() as tx:
        connection = add_connection(tx, keyring, "acme", ORGANIZATION)
        set_credentials(tx, keyring, connection.id, credentials)
        pause(tx, connection.id, "refused", system="salesforce")
        paused = load_connection(tx, connection.id)
        assert (paused.state, paused.state_reason) == ("paused", "refused")
        connection = set_credentials(tx, keyring, connection.id, credentials)
    assert (connection.state, connection.state_reason) == ("active", None)


def test_connections_with_one_client_id_share_one_budget(
    database: Database, keyring: KeyRing
) -> None:
    with database.transaction() as tx:
        shared = []
        for name, organization_id in [("acme", ORGANIZATION), ("bolt", OTHER_ORGANIZATION)]:
            connection = add_connection(tx, keyring, name, organization_id)
            line = json.dumps({**CREDENTIALS, "organization_id": organization_id})
            connection = set_credentials(tx, keyring, connection.id, read_credentials(line))
            shared.append(connection.api_application_id)
    assert shared[0] == shared[1]


def test_credentials_of_another_organization_are_refused(
    database: Database, keyring: KeyRing
) -> None:
    with database.transaction() as tx:
        connection = add_connection(tx, keyring, "acme", OTHER_ORGANIZATION)
        with pytest.raises(ConfigurationError, match="credentials are for"):
            set_credentials(tx, keyring, connection.id, read_credentials(json.dumps(CREDENTIALS)))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param("s3cret", "credentials: line", id="not JSON"),
        pytest.param('{"constant_contact": {"client_id": "s3cret"}}', "client_secret", id="part"),
        pytest.param('{"salesforce_url": "ftp://s3cret"}', "salesforce_url", id="scheme"),
        pytest.param('{"salesforce_url": "http://s3cret.example.org"}', "https", id="plain http"),
        pytest.param('{"salesforce_url": "https://u:s3cret@x.org"}', "https", id="user in it"),
    ],
)
def test_broken_credentials_are_refused_without_being_quoted(line: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as caught:
        read_credentials(line)
    assert "s3cret" not in str(caught.value)


def test_stored_secrets_are_not_readable_in_the_database(
    database: Database, keyring: KeyRing
) -> None:
    with database.transaction() as tx:
        connection = add_connection(tx, keyring, "acme", ORGANIZATION)
        write_secret(tx, keyring, connection.id, "sf_token", "plain token")
        rows = tx.execute("SELECT ciphertext FROM credential").fetchall()
    assert all(b"plain token" not in ciphertext for (ciphertext,) in rows)


def test_secret_says_whether_it_is_about_to_end(database: Database, keyring: KeyRing) -> None:
    with database.transaction() as tx:
        connection = add_connection(tx, keyring, "acme", ORGANIZATION)
        write_secret(tx, keyring, connection.id, "cc_token", "pair", lives_s=600)
        enough = read_secret(tx, keyring, connection.id, "cc_token", margin_s=60)
        short = read_secret(tx, keyring, connection.id, "cc_token", margin_s=3600)
        assert enough is not None
        assert short is not None
        assert (enough.is_fresh, short.is_fresh) == (True, False)
        assert "pair" not in repr(enough)


def test_ring_that_lacks_a_key_is_refused_at_start(database: Database, keyring: KeyRing) -> None:
    foreign = KeyRing([Fernet.generate_key().decode()])
    with database.transaction() as tx:
        add_connection(tx, keyring, "acme", ORGANIZATION)
        refuse_foreign_ring(tx, keyring)
        with pytest.raises(ConfigurationError, match="not in the key ring"):
            refuse_foreign_ring(tx, foreign)
        with pytest.raises(ConfigurationError, match="BRIDGE_KEYS"):
            read_endpoints(tx, foreign)
