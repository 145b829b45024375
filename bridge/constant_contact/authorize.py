"""An account's consent to the application: where a person is asked, and what their answer brings.

The authorization code flow with PKCE and state (developer guide, "server_flow" and "pkce_flow").
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlencode

import requests

from bridge.connections.wire import open_session
from bridge.constant_contact.answers import SYSTEM, read_answer, unavailable
from bridge.constant_contact.application import proof
from bridge.constant_contact.tokens import AUTH_URL, read_pair, token_url
from bridge.errors import Unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.connections.model import Connection
    from bridge.constant_contact.tokens import Pair

SCOPES = ("account_read", "contact_data", "campaign_data", "offline_access")
"""What the bridge asks for: the last one, because only with it is there a refresh token."""

_TOKEN = "/token"  # noqa: S105 -- the end of a path


@dataclass(frozen=True, slots=True)
class OneToken:
    """The access token of an account that nothing is stored of yet."""

    text: str

    def access_token(self) -> str:
        """Return it."""
        return self.text

    def renew(self, _stale: str) -> NoReturn:
        """Raise: it was made a moment ago, so another one would be refused as well."""
        raise Unauthorized("the new token is refused", system=SYSTEM)


def consent_url(
    connection: Connection, client_id: str, *, back: str, state: str, verifier: str
) -> str:
    """Return where Constant Contact asks a person for their consent.

    Args:
        connection: Whose authorization server is asked.
        client_id: Of the API application.
        back: Our address that the code is sent to, one that is registered for the application.
        state: What has to come back.
        verifier: What the exchange of the code has to bring along.
    """
    challenge = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": back,
        "scope": " ".join(SCOPES),
        "state": state,
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    return f"{server_url(connection)}/authorize?{urlencode(asked)}"


def server_url(connection: Connection) -> str:
    """Return the base address of a connection's authorization server."""
    return token_url(connection.cc_auth_url or AUTH_URL).removesuffix(_TOKEN)


def exchange_code(
    connection: Connection,
    client: Mapping[str, str],
    code: str,
    *,
    back: str,
    verifier: str,
    timeout_s: float,
) -> Pair:
    """Return the tokens that a code stands for.

    Raises:
        Retryable: If the authorization server does not answer.
        RemoteError: If it refuses the code or the application.
        RecordRefused: If it calls the request malformed, as it does a code that was used.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": verifier,
    }
    return fetch_pair(connection, client, form, timeout_s)


def fetch_pair(
    connection: Connection, client: Mapping[str, str], form: dict[str, str], timeout_s: float
) -> Pair:
    """Return the tokens that a form asks for, as this application.

    Raises:
        Retryable: If the authorization server does not answer.
        RemoteError: If it refuses the application.
        RecordRefused: If it refuses what the form says.
    """
    url = token_url(connection.cc_auth_url or AUTH_URL)
    auth, named = proof(client)
    try:
        with open_session(timeout_s, url) as session:
            response = session.post(
                url, data={**form, **named}, auth=auth, headers={"Accept": "application/json"}
            )
    except requests.RequestException as error:
        raise unavailable(f"no token: {type(error).__name__}") from None
    return read_pair(read_answer(response))
