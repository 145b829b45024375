"""`bridge connect constant-contact`: an account's consent, asked for, looked at and stored."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bridge.connections.command import who_types
from bridge.connections.credentials import set_addresses, store_application
from bridge.connections.secrets import read_secret
from bridge.connections.store import list_connections, load_connection
from bridge.constant_contact.account import (
    ask_account,
    known_account,
    slots_of_client,
    store_consent,
)
from bridge.constant_contact.authorize import SCOPES, OneToken, server_url
from bridge.constant_contact.client import API_URL
from bridge.errors import NoSlotNow, RecordError, RemoteError
from bridge.setup.ask import ask, ask_secret, confirm, tell
from bridge.setup.browser import pair_by_browser
from bridge.setup.causes import CONSTANT_CONTACT, refusal
from bridge.setup.clicks import application_steps
from bridge.setup.device import pair_by_device
from bridge.setup.diagnose import of_constant_contact
from bridge.setup.model import Outcome
from bridge.setup.reach import reach

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.connections.model import Connection
    from bridge.constant_contact.account import Account
    from bridge.constant_contact.tokens import Pair
    from bridge.setup.model import AccountWish, Place

_OFFLINE = "offline_access"


def connect_account(
    place: Place, wish: AccountWish, *, sleep: Callable[[float], object] = time.sleep
) -> Outcome:
    """Connect the account whose user allows it; nothing is stored before all was looked at.

    Args:
        place: The installation.
        wish: What is wanted.
        sleep: Waits some seconds between two questions of the device flow.

    Raises:
        SetupRefused: If something is wrong that a person has to mend.
        SetupUnavailable: If the service does not answer as it should.
    """
    timeout_s = place.settings.http_timeout_s
    connection = _connection(place, wish)
    client = _client(place, connection, wish)
    reach(server_url(connection), of=CONSTANT_CONTACT, timeout_s=timeout_s)
    reach(connection.cc_url or API_URL, of=CONSTANT_CONTACT, timeout_s=timeout_s)
    if wish.is_device:
        pair = pair_by_device(connection, client, timeout_s=timeout_s, sleep=sleep)
    else:
        pair = pair_by_browser(connection, client, wish, timeout_s)
    _refuse_narrow(pair)
    account = _account(place, connection, client["client_id"], pair)
    known = known_account(connection, place.database, place.keyring, timeout_s)
    _refuse_other(connection, account, known)
    confirm(
        f"Connect {connection.name} with the account {account.name} ({account.id})?",
        f"the account {account.name} ({account.id})",
        is_given=wish.is_sure or known == account.id,
    )
    with place.database.transaction() as tx:
        set_addresses(tx, connection.id, cc_url=wish.api_url, cc_auth_url=wish.auth_url)
        store_application(tx, place.keyring, connection.id, client)
        store_consent(tx, place.keyring, connection.id, pair, account, by=who_types(wish.by))
        stored = load_connection(tx, connection.id)
    return Outcome(
        facts={
            "connection": stored.name,
            "account_id": account.id,
            "account_name": account.name,
            "scopes": None if pair.scopes is None else " ".join(sorted(pair.scopes)),
            "state": stored.state,
        },
        then="bridge doctor",
    )


def _connection(place: Place, wish: AccountWish) -> Connection:
    with place.database.transaction() as tx:
        found = [one for one in list_connections(tx) if one.name == wish.name]
    if not found:
        raise refusal("no_connection", name=wish.name)
    (connection,) = found
    return replace(
        connection,
        cc_url=wish.api_url or connection.cc_url,
        cc_auth_url=wish.auth_url or connection.cc_auth_url,
    )


def _client(place: Place, connection: Connection, wish: AccountWish) -> dict[str, str]:
    """Return the application: the stored one, unless another one is named."""
    with place.database.transaction() as tx:
        secret = read_secret(tx, place.keyring, connection.id, "cc_client")
    if secret is not None and wish.client_id is None:
        stored: dict[str, str] = json.loads(secret.text)
        return stored
    client_id = wish.client_id
    if client_id is None:
        for line in application_steps(wish):
            tell(line)
        client_id = ask("Client id (API key)", "--client-id ID")
    text = ask_secret(
        "Client secret (none for an application of the PKCE or the device flow)",
        "it on standard input",
        may_be_empty=True,
    )
    return {"client_id": client_id, "client_secret": text}


def _refuse_narrow(pair: Pair) -> None:
    """Check that the consent is for all that the bridge does, and for longer than a day."""
    if pair.scopes is not None:
        missing = {*SCOPES} - {_OFFLINE, *pair.scopes}
        if missing:
            raise refusal("cc_scope", scopes=", ".join(sorted(missing)))
    if not pair.refresh_token:
        raise refusal("cc_offline")


def _account(place: Place, connection: Connection, client_id: str, pair: Pair) -> Account:
    try:
        return ask_account(
            connection,
            OneToken(pair.access_token),
            slots_of_client(place.database, client_id),
            place.settings.http_timeout_s,
        )
    except (RemoteError, RecordError, NoSlotNow) as error:
        host = urlsplit(connection.cc_url or API_URL).netloc
        raise of_constant_contact(error, host=host) from None


def _refuse_other(connection: Connection, account: Account, known: str | None) -> None:
    if known not in {None, account.id}:
        raise refusal(
            "cc_account",
            account=f"{account.name}, {account.id}",
            name=connection.name,
            known=connection.cc_account_name or known,
        )
