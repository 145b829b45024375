"""Who somebody is, as Salesforce says: the OpenID Connect code flow with PKCE, state and nonce.

The id token comes straight from the token end point over TLS, in answer to our own secret, so its
signature proves nothing more (OpenID Connect Core 3.1.3.7, 6); issuer, audience, nonce and end are
checked all the same, and that the user info is about the same person.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import requests

from bridge.connections.wire import Bearer, open_session
from bridge.console.access.tokens import is_same
from bridge.console.faults import Refused
from bridge.console.times import is_zone
from bridge.identity import is_salesforce_id, salesforce_id, same_organization

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bridge.connections.model import Connection

_OK = 200
_LEEWAY_S = 60.0
_SHARED_HOSTS: set[str | None] = {"login.salesforce.com", "test.salesforce.com"}
_AGAIN = "Log in again; if it stays so, ask an administrator to look at the connection."


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One log-in that is under way; it is kept in the browser, encrypted.

    Attributes:
        state: Comes back with the code: the answer belongs to this browser.
        nonce: Comes back in the id token: the token belongs to this log-in.
        verifier: Proves to Salesforce that whoever has the code asked for it.
        wanted: Where to go afterwards.
        ends_at: Seconds since 1970.
    """

    connection_id: int
    state: str
    nonce: str
    verifier: str
    wanted: str
    ends_at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """A user of an organization, and the zone that they have chosen there."""

    user_id: str
    name: str
    zone: str | None = None


def authorize_url(connection: Connection, attempt: Attempt, client_id: str, back: str) -> str:
    """Return where Salesforce asks who somebody is.

    Args:
        connection: Whose organization is asked.
        attempt: What has to come back.
        client_id: Consumer key of the External Client App.
        back: Our address that the code is sent to, one of the app's callback addresses.
    """
    challenge = hashlib.sha256(attempt.verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": back,
        "scope": "openid",
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    return f"{_base(connection)}/services/oauth2/authorize?{urlencode(asked)}"


def fetch_identity(
    connection: Connection,
    attempt: Attempt,
    client: Mapping[str, str],
    *,
    code: str,
    back: str,
    now: datetime,
    timeout_s: float,
) -> Identity:
    """Return who a code stands for.

    Raises:
        Refused: If Salesforce does not say, or says it of another log-in or organization.
    """
    base = _base(connection)
    try:
        with open_session(timeout_s, base) as session:
            answer = session.post(
                f"{base}/services/oauth2/token",
                data={
                    "grant_type": "authorization_code",
                    "code": code,
                    "redirect_uri": back,
                    "code_verifier": attempt.verifier,
                    "client_id": client["consumer_key"],
                    **_secret(client),
                },
            )
            granted = _object(answer)
            token = str(granted.get("access_token", ""))
            claims = read_claims(str(granted.get("id_token", "")))
            told = _object(session.get(f"{base}/services/oauth2/userinfo", auth=Bearer(token)))
            # It has said who this is: nothing else is done with it.
            session.post(f"{base}/services/oauth2/revoke", data={"token": token})
    except requests.RequestException:
        raise Refused(f"Salesforce did not answer. {_AGAIN}") from None
    fault = claims_fault(
        claims, connection=connection, client_id=client["consumer_key"], attempt=attempt, now=now
    )
    if fault is not None:
        raise Refused(f"{fault} {_AGAIN}")
    return identity_of(claims, told, connection)


def _secret(client: Mapping[str, str]) -> dict[str, str]:
    """Return the app's secret; one that the bridge logs in to by a key may have none."""
    secret = client.get("consumer_secret")
    return {"client_secret": secret} if secret else {}


def read_claims(id_token: str) -> dict[str, Any]:
    """Return what an id token says; empty where it is none.

    >>> read_claims("none")
    {}
    """
    parts = id_token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 -- head, claims, signature
        return {}
    padded = parts[1] + "=" * (-len(parts[1]) % 4)
    try:
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def claims_fault(
    claims: Mapping[str, Any],
    *,
    connection: Connection,
    client_id: str,
    attempt: Attempt,
    now: datetime,
) -> str | None:
    """Return why an id token does not count, in a sentence; None where it does."""
    issuer = urlsplit(str(claims.get("iss", ""))).hostname
    audience = claims.get("aud")
    if issuer is None or issuer not in _issuers(connection):
        return "The answer is not from the organization of this connection."
    if client_id not in (audience if isinstance(audience, list) else [audience]):
        return "The answer is meant for another application."
    if not is_same(str(claims.get("nonce", "")), attempt.nonce):
        return "The answer belongs to another log-in."
    ends_at = claims.get("exp")
    if not isinstance(ends_at, int | float) or ends_at + _LEEWAY_S < now.timestamp():
        return "The answer came too late."
    return None


def identity_of(
    claims: Mapping[str, Any], told: Mapping[str, Any], connection: Connection
) -> Identity:
    """Return whom both answers are about.

    Raises:
        Refused: If they are about two, or about somebody of another organization.
    """
    organization, user = _subject(claims)
    others = {_subject(told)[1], str(told.get("user_id", ""))}
    if not all(map(is_salesforce_id, (user, *others))):
        raise Refused(f"Salesforce does not say who this is. {_AGAIN}")
    user_id = salesforce_id(user)
    if {salesforce_id(other) for other in others} != {user_id}:
        raise Refused(f"Salesforce names two people at once. {_AGAIN}")
    for one in (organization, str(told.get("organization_id", ""))):
        if not same_organization(one, connection.organization_id):
            raise Refused(
                "This user belongs to another organization than the connection "
                f"{connection.name}. Log in with a user of that one."
            )
    zone = told.get("zoneinfo")
    name = str(told.get("name") or user_id)
    return Identity(user_id=user_id, name=name, zone=zone if is_zone(zone) else None)


def _issuers(connection: Connection) -> set[str | None]:
    """Return the hosts that may say who a user of the organization is.

    An org with a domain of its own names that one, or the login host that all share.
    """
    urls = (connection.sf_url, connection.sf_login_url)
    hosts = {urlsplit(url or "").hostname for url in urls}
    is_real = any((host or "").endswith(".salesforce.com") for host in hosts)
    return hosts | (_SHARED_HOSTS if is_real else set())


def _subject(claims: Mapping[str, Any]) -> tuple[str, str]:
    """Return organization and user of a subject, `https://HOST/id/ORGANIZATION/USER`."""
    organization, _, user = str(claims.get("sub", "")).rpartition("/id/")[2].partition("/")
    return organization, user


def _base(connection: Connection) -> str:
    return (connection.sf_login_url or connection.sf_url or "").rstrip("/")


def _object(answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except requests.JSONDecodeError:
        found = None
    if answer.status_code != _OK or not isinstance(found, dict):
        raise Refused(f"Salesforce did not say who this is (HTTP {answer.status_code}). {_AGAIN}")
    return found
