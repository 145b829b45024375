"""`bridge connect check`: whether what is stored still opens both sides, and the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bridge.clock import now
from bridge.connections.secrets import read_secret
from bridge.connections.store import pause, set_identity
from bridge.constant_contact.account import ask_account, own_slots
from bridge.constant_contact.client import API_URL
from bridge.constant_contact.tokens import Tokens
from bridge.errors import (
    NoSlotNow,
    RecordError,
    RemoteError,
    SetupRefused,
    SetupUnavailable,
    Unauthorized,
)
from bridge.identity import same_organization
from bridge.mapping.compiled import read_files
from bridge.salesforce.login import fetch_token, read_login
from bridge.setup.causes import CONSTANT_CONTACT, SALESFORCE, refusal
from bridge.setup.diagnose import of_constant_contact, of_salesforce
from bridge.setup.model import Checked
from bridge.setup.organization import ask_organization
from bridge.setup.reach import reach, refuse_clock
from bridge.setup.salesforce import API_SCOPES, CLOCK_S, lacking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.connections.model import Connection
    from bridge.setup.model import Place


def check(place: Place, connection: Connection) -> Iterator[Checked]:
    """Yield how both sides of a connection are, each tried with what is stored."""
    name = connection.name
    try:
        says = _try_organization(place, connection)
        yield Checked(connection=name, side="Salesforce", says=says)
    except (SetupRefused, SetupUnavailable) as fault:
        yield Checked(connection=name, side="Salesforce", fault=fault)
    try:
        says = try_account(place, connection)
        yield Checked(connection=name, side="Constant Contact", says=says)
    except (SetupRefused, SetupUnavailable) as fault:
        yield Checked(connection=name, side="Constant Contact", fault=fault)


def _try_organization(place: Place, connection: Connection) -> str:
    """Log in anew, for a session that is open says nothing of the login that opens the next."""
    timeout_s = place.settings.http_timeout_s
    with place.database.transaction() as tx:
        login = read_login(tx, place.keyring, connection.id)
        at = now(tx)
    url = connection.sf_login_url or connection.sf_url
    if login is None or url is None:
        raise refusal("no_connection", name=connection.name)
    there = reach(url, of=SALESFORCE, timeout_s=timeout_s)
    if login.key_pair is not None:
        refuse_clock(there, at, of=SALESFORCE, within_s=CLOCK_S)
    try:
        token = fetch_token(url, login, at=at, timeout_s=timeout_s)
        if token.scopes and not token.scopes & API_SCOPES:
            raise refusal("sf_scope")
        files = read_files(place.settings.mappings)
        found = ask_organization(connection, token.text, files, timeout_s)
    except SetupUnavailable:
        raise
    except (RemoteError, RecordError) as error:
        raise of_salesforce(
            error,
            host=urlsplit(url).netloc,
            file="the bridge's certificate",
            audience=login.client.get("audience", ""),
            flow="the flow",
        ) from None
    if not same_organization(found.id, connection.organization_id):
        raise refusal(
            "sf_organization",
            found=found.id,
            name=connection.name,
            known=connection.organization_id,
        )
    for note in lacking(found):
        raise note
    return f"{found.name or found.id}, as {found.username}"


def try_account(place: Place, connection: Connection) -> str:
    """Return whose account the stored tokens are of.

    Tokens of another account than the one that was confirmed pause the connection.

    Raises:
        SetupRefused: If they are, or are not taken any more.
        SetupUnavailable: If the service does not answer as it should.
    """
    timeout_s = place.settings.http_timeout_s
    with place.database.transaction() as tx:
        if read_secret(tx, place.keyring, connection.id, "cc_token") is None:
            raise refusal("cc_unconnected", name=connection.name)
    url = connection.cc_url or API_URL
    reach(url, of=CONSTANT_CONTACT, timeout_s=timeout_s)
    tokens = Tokens(connection, place.database, place.keyring, timeout_s)
    try:
        account = ask_account(connection, tokens, own_slots(place.database, connection), timeout_s)
    except Unauthorized as error:
        if error.key == "invalid_client":
            raise refusal("cc_secret") from None
        raise refusal("cc_revoked", name=connection.name) from None
    except (RemoteError, RecordError, NoSlotNow) as error:
        raise of_constant_contact(error, host=urlsplit(url).netloc) from None
    if connection.cc_account_id not in {None, account.id}:
        fault = refusal(
            "cc_account",
            account=f"{account.name}, {account.id}",
            name=connection.name,
            known=connection.cc_account_name or connection.cc_account_id,
        )
        with place.database.transaction() as tx:
            pause(tx, connection.id, fault.says, system=CONSTANT_CONTACT)
        raise fault
    with place.database.transaction() as tx:
        set_identity(tx, connection.id, cc_account_id=account.id, cc_account_name=account.name)
    return f"{account.name} ({account.id})"
