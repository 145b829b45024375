"""What a connection logs in with: the JSON line of `--credentials`, checked and stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, TypeAdapter, ValidationError

from bridge.connections.secrets import drop_secret, write_secret
from bridge.connections.store import (
    check_organization_id,
    load_connection,
    note_authorised,
    resume,
)
from bridge.connections.wire import is_loopback
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.connections.secrets import Kind

_SQL = load_queries("bridge.connections")
_FORMER: tuple[Kind, ...] = ("sf_token", "sf_key")
"""What another login of Salesforce leaves behind: its session, and the key of its assertions."""


def checked_url(url: str) -> str:
    """Return an address without its last slash; secrets go there, so only loopback may be plain.

    >>> checked_url("https://firm.my.salesforce.com/")
    'https://firm.my.salesforce.com'
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host or parts.username or parts.query or parts.fragment:
        raise ValueError("an address like https://host")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise ValueError("an address with https:// (http:// only on this machine)")
    return url.rstrip("/")


Url = Annotated[str, AfterValidator(checked_url)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class SalesforceLogin(_Part):
    """An External Client App with the client credentials flow, or a token that somebody got."""

    consumer_key: SecretStr | None = None
    consumer_secret: SecretStr | None = None
    access_token: SecretStr | None = None


class ConstantContactLogin(_Part):
    """An API application and the tokens of one account's consent to it."""

    client_id: str
    client_secret: SecretStr
    access_token: SecretStr | None = None
    refresh_token: SecretStr


class Credentials(_Part):
    """The JSON object of `--credentials`; each part may be missing, unknown names are ignored."""

    organization_id: str | None = None
    salesforce_url: Url | None = None
    salesforce_login_url: Url | None = None
    salesforce: SalesforceLogin | None = None
    constant_contact_url: Url | None = None
    constant_contact_auth_url: Url | None = None
    constant_contact: ConstantContactLogin | None = None


_OBJECT = TypeAdapter(dict[str, Any])


def read_credentials(text: str, instead: Mapping[str, str] | None = None) -> Credentials:
    """Return credentials from their JSON text; what `instead` names replaces what stands there.

    Raises:
        ConfigurationError: If it is not such an object; the message names fields, never values.
    """
    try:
        given = _OBJECT.validate_json(text)
        return Credentials.model_validate({**given, **(instead or {})})
    except ValidationError as error:
        faults = [
            f"credentials: {'.'.join(str(part) for part in fault['loc']) or 'line'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        ]
        raise ConfigurationError("\n".join(faults)) from None


def set_credentials(
    tx: psycopg.Connection[Any],
    keyring: KeyRing,
    connection_id: int,
    credentials: Credentials,
    *,
    by: str = "command line",
) -> Connection:
    """Store what is given and return the connection, active where both sides are now complete.

    Args:
        tx: The caller's transaction.
        keyring: Encrypts them.
        connection_id: Whose they are.
        credentials: Each part may be missing: what is there stays.
        by: Who gives them.

    Raises:
        ConfigurationError: If the credentials are those of another organization, or a part of a
            login is missing.
    """
    connection = load_connection(tx, connection_id)
    organization_id = credentials.organization_id
    if organization_id is not None:
        organization_id = check_organization_id(organization_id)
        if connection.organization_id not in {None, organization_id}:
            raise ConfigurationError(
                f"the credentials are for the organization {organization_id}, the connection "
                f"{connection.name!r} serves {connection.organization_id}"
            )
    set_addresses(
        tx,
        connection_id,
        organization_id=organization_id,
        sf_url=credentials.salesforce_url,
        sf_login_url=credentials.salesforce_login_url,
        cc_url=credentials.constant_contact_url,
        cc_auth_url=credentials.constant_contact_auth_url,
    )
    if credentials.salesforce is not None:
        _store_salesforce(tx, keyring, connection_id, credentials.salesforce)
    if credentials.constant_contact is not None:
        _store_constant_contact(tx, keyring, connection_id, credentials.constant_contact)
        note_authorised(tx, connection_id, by=by)
    resume(tx, connection_id)
    return load_connection(tx, connection_id)


def set_addresses(
    tx: psycopg.Connection[Any],
    connection_id: int,
    *,
    organization_id: str | None = None,
    sf_url: str | None = None,
    sf_login_url: str | None = None,
    cc_url: str | None = None,
    cc_auth_url: str | None = None,
) -> None:
    """Store where both sides are; what is None stays as it was."""
    tx.execute(
        _SQL["set_addresses"],
        {
            "id": connection_id,
            "organization_id": organization_id,
            "sf_url": sf_url,
            "sf_login_url": sf_login_url,
            "cc_url": cc_url,
            "cc_auth_url": cc_auth_url,
        },
    )


def _store_salesforce(
    tx: psycopg.Connection[Any], keyring: KeyRing, connection_id: int, login: SalesforceLogin
) -> None:
    """Store the client where there is one, which fetches its own tokens; else the bare token."""
    for kind in _FORMER:
        drop_secret(tx, connection_id, kind)
    if login.consumer_key is not None and login.consumer_secret is not None:
        client = {
            "consumer_key": login.consumer_key.get_secret_value(),
            "consumer_secret": login.consumer_secret.get_secret_value(),
        }
        write_secret(tx, keyring, connection_id, "sf_client", json.dumps(client))
    elif login.access_token is not None:
        drop_secret(tx, connection_id, "sf_client")
        token = login.access_token.get_secret_value()
        write_secret(tx, keyring, connection_id, "sf_token", token)
    else:
        raise ConfigurationError(
            "credentials: salesforce: consumer_key and consumer_secret are missing"
        )


def _store_constant_contact(
    tx: psycopg.Connection[Any], keyring: KeyRing, connection_id: int, login: ConstantContactLogin
) -> None:
    """Store the application and the pair of tokens; the application brings its budget along."""
    client = {"client_id": login.client_id, "client_secret": login.client_secret.get_secret_value()}
    pair = {
        "access_token": login.access_token.get_secret_value() if login.access_token else "",
        "refresh_token": login.refresh_token.get_secret_value(),
    }
    store_application(tx, keyring, connection_id, client)
    write_secret(tx, keyring, connection_id, "cc_token", json.dumps(pair))


def store_application(
    tx: psycopg.Connection[Any], keyring: KeyRing, connection_id: int, client: Mapping[str, str]
) -> None:
    """Store the API application of a connection, which brings its budget along.

    Args:
        tx: A transaction.
        keyring: What it is encrypted with.
        connection_id: The connection.
        client: `client_id` and `client_secret`, empty for an application that has none.
    """
    write_secret(tx, keyring, connection_id, "cc_client", json.dumps(dict(client)))
    tx.execute(_SQL["join_application"], {"id": connection_id, "client_id": client["client_id"]})
