"""Settings, Connections, Re-authorize: away to Constant Contact, back with consent, checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.clock import now
from bridge.connections.beside import NewAccount
from bridge.connections.secrets import read_secret
from bridge.connections.store import load_connection
from bridge.console.access.attempts import ATTEMPT_S, kept_begun, send_away
from bridge.console.access.cookies import CONSENT, drop_cookie
from bridge.console.access.roles import Right
from bridge.console.access.tokens import is_same, new_token
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.console.pages.connection import chosen_connection
from bridge.console.pages.new_connection import keep_offer
from bridge.constant_contact.account import (
    ask_account,
    known_account,
    own_slots,
    store_consent,
)
from bridge.constant_contact.authorize import OneToken, consent_url, exchange_code
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    import psycopg
    from starlette.responses import Response

    from bridge.connections.model import Connection
    from bridge.console.page import Visit

BACK = "/settings/connections/authorized"


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """An authorization that is under way; it is kept in the browser, encrypted.

    Attributes:
        state: Comes back with the code: the answer belongs to this browser.
        verifier: Proves that whoever has the code asked for it.
        ends_at: Seconds since 1970.
    """

    connection_id: int
    state: str
    verifier: str
    ends_at: float


def begin(visit: Visit) -> Response:
    """Send the administrator to Constant Contact."""
    with visit.console.database.transaction() as tx:
        connection, _ = chosen_connection(tx, visit)
        client = _client(tx, visit, connection)
        attempt = Attempt(
            connection_id=connection.id,
            state=new_token(),
            verifier=new_token(),
            ends_at=now(tx).timestamp() + ATTEMPT_S,
        )
    url = consent_url(
        connection,
        client["client_id"],
        back=visit.own_address(BACK),
        state=attempt.state,
        verifier=attempt.verifier,
    )
    return send_away(visit, url, CONSENT, attempt)


def come_back(visit: Visit) -> Response:
    """Store the new consent, where it is the same account's."""
    attempt = kept_begun(visit, CONSENT, Attempt)
    if attempt is None or not is_same(visit.query("state"), attempt.state):
        raise ConfigurationError(
            "This was not begun in this browser, or too long ago. Authorize again."
        )
    if error := visit.query("error"):
        raise ConfigurationError(
            f"Constant Contact gave no consent ({error[:40]}). Nothing was changed."
        )
    with visit.console.database.transaction() as tx:
        connection = load_connection(tx, attempt.connection_id)
        if not visit.who.sees(connection.id):
            raise NotThere
        client = _client(tx, visit, connection)
        if now(tx).timestamp() > attempt.ends_at:
            raise ConfigurationError("This was begun too long ago. Authorize again.")
    pair = exchange_code(
        connection,
        client,
        visit.query("code"),
        back=visit.own_address(BACK),
        verifier=attempt.verifier,
        timeout_s=visit.console.settings.http_timeout_s,
    )
    if not pair.refresh_token:
        raise ConfigurationError(
            "Constant Contact gave no refresh token: allow offline access. Try again."
        )
    console, timeout_s = visit.console, visit.console.settings.http_timeout_s
    account = ask_account(
        connection,
        OneToken(pair.access_token),
        own_slots(console.database, connection),
        timeout_s,
    )
    known = known_account(connection, console.database, console.keyring, timeout_s)
    if known not in {None, account.id}:
        visit.note("other_account", connection=connection.id)
        response = visit.page(
            "other_account.html", status=409, connection=connection, name=account.name
        )
        offered = NewAccount(
            account_id=account.id,
            account_name=account.name,
            refresh_token=pair.refresh_token,
            scopes=pair.scopes,
        )
        keep_offer(visit, response, connection, offered)
    else:
        with console.database.transaction() as tx:
            by = visit.who.signature
            store_consent(tx, console.keyring, connection.id, pair, account, by=by)
        visit.note("authorized", connection=connection.id)
        response = visit.go(f"/settings/connections?connection={connection.name}&did=authorized")
    drop_cookie(visit.request, response, CONSENT)
    return response


def _client(tx: psycopg.Connection[Any], visit: Visit, connection: Connection) -> dict[str, str]:
    secret = read_secret(tx, visit.console.keyring, connection.id, "cc_client")
    if secret is None:
        raise ConfigurationError(
            f"The connection {connection.name} has no application of Constant Contact: "
            f"`bridge connect constant-contact {connection.name}` stores one."
        )
    client: dict[str, str] = json.loads(secret.text)
    return client


PAGES = (
    Page(
        method="GET",
        path="/settings/connections/authorize",
        right=Right.ADMINISTER,
        handler=begin,
    ),
    Page(method="GET", path=BACK, right=Right.ADMINISTER, handler=come_back),
)
