"""Logging in to Salesforce as the bridge itself: a token for client credentials or an assertion.

Both are flows of an External Client App. The library's own login always speaks https to
salesforce.com (simple-salesforce 1.12), and SOAP `login()` ends.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import requests

from bridge.clock import now
from bridge.connections.secrets import drop_secret, read_secret, write_secret
from bridge.connections.wire import open_session, vendor_words
from bridge.errors import Unauthorized, Unavailable
from bridge.salesforce.assertion import KeyPair, signed_assertion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import psycopg

    from bridge.connections.keyring import KeyRing

SYSTEM = "salesforce"
_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Login(NamedTuple):
    """How the bridge logs in to an organization.

    Attributes:
        client: `consumer_key` and `consumer_secret`; with a key, `username` and `audience` too,
            and the secret only where people log in to the console by it.
        key_pair: What assertions are signed with; None: client credentials.
    """

    client: Mapping[str, str]
    key_pair: KeyPair | None = None

    def __repr__(self) -> str:
        return f"Login({'assertion' if self.key_pair else 'client credentials'})"


class Token(NamedTuple):
    """An access token of the bridge's own user.

    Attributes:
        scopes: What it is for; empty where the answer does not say.
    """

    text: str
    scopes: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"Token(scopes={sorted(self.scopes)})"


def read_login(
    tx: psycopg.Connection[Any], keyring: KeyRing, connection_id: int, *, lock: bool = False
) -> Login | None:
    """Return how a connection logs in, or None where nothing is stored; `lock` as `read_secret`."""
    client = read_secret(tx, keyring, connection_id, "sf_client", lock=lock)
    if client is None:
        return None
    key = read_secret(tx, keyring, connection_id, "sf_key")
    return Login(json.loads(client.text), KeyPair(**json.loads(key.text)) if key else None)


def write_login(
    tx: psycopg.Connection[Any], keyring: KeyRing, connection_id: int, login: Login
) -> None:
    """Store how a connection logs in; a session that another login opened is forgotten."""
    drop_secret(tx, connection_id, "sf_token")
    write_secret(tx, keyring, connection_id, "sf_client", json.dumps(dict(login.client)))
    if login.key_pair is None:
        drop_secret(tx, connection_id, "sf_key")
        return
    write_secret(
        tx,
        keyring,
        connection_id,
        "sf_key",
        json.dumps(login.key_pair._asdict()),
        lives_s=(login.key_pair.ends_at - now(tx)).total_seconds(),
    )


def fetch_token(login_url: str, login: Login, *, at: datetime, timeout_s: float) -> Token:
    """Return a new token.

    Args:
        login_url: Base address of the organization, or of its token end point.
        login: How to log in.
        at: The present time: an assertion ends three minutes later.
        timeout_s: Seconds to wait for each part of the answer.

    Raises:
        Unauthorized: If the login is refused; `key` is the OAuth error.
        Unavailable: If the token end point does not answer.
    """
    url = token_url(login_url)
    if login.key_pair is None:
        auth = (login.client["consumer_key"], login.client["consumer_secret"])
        form = {"grant_type": "client_credentials"}
    else:
        assertion = signed_assertion(login.client, login.key_pair.private_key, at)
        auth, form = None, {"grant_type": _JWT, "assertion": assertion}
    try:
        with open_session(timeout_s, url) as session:
            response = session.post(
                url, data=form, auth=auth, headers={"Accept": "application/json"}
            )
        return _read_token(response.status_code, response.json())
    except requests.RequestException as error:
        raise _no_token(type(error).__name__) from None


def token_url(login_url: str) -> str:
    """Return the token end point of a login address.

    >>> token_url("https://firm.my.salesforce.com")
    'https://firm.my.salesforce.com/services/oauth2/token'
    """
    if urlsplit(login_url).path.rstrip("/").endswith("/token"):
        return login_url
    return f"{login_url.rstrip('/')}/services/oauth2/token"


def _read_token(status: int, answer: object) -> Token:
    """Return the token of an answer, or raise what a refusal means."""
    match answer:
        case {"access_token": str(text), **others} if status == HTTPStatus.OK and text:
            return Token(text, frozenset(str(others.get("scope") or "").split()))
        case {"error": str(key), **others} if (
            HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            words = vendor_words(others.get("error_description") or key)
            if status == HTTPStatus.TOO_MANY_REQUESTS or "rate exceeded" in words:
                raise _no_token(words)
            raise Unauthorized(
                f"Salesforce refuses the login ({words}): check the consumer key and secret, "
                "the client credentials flow of the External Client App, and its run-as user",
                system=SYSTEM,
                status=status,
                key=key,
            )
        case _:
            raise _no_token(f"HTTP {status}")


def _no_token(what: str) -> Unavailable:
    return Unavailable(f"Salesforce: no token: {what}", system=SYSTEM)
