"""Who is calling: sessions with their ends, and the OAuth token endpoint that opens them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import string
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.salesforce.errors import ApiError

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from sandbox.salesforce.org import Org

SESSION_LIVES = timedelta(hours=2)
_TOKEN_CHARACTERS = string.ascii_letters + string.digits + "._"


@dataclass(frozen=True)
class Session:
    """One access token's owner and end; used in its second half, it begins again."""

    user_id: str
    ends_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Application:
    """An External Client App with an execution user, who also has a password."""

    consumer_key: str
    consumer_secret: str
    user_id: str
    username: str
    password: str
    security_token: str


class LoginRefused(Exception):
    """The token endpoint says no.

    Attributes:
        error: The OAuth error word.
        description: Salesforce's sentence.
    """

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class Sessions:
    """The sessions of the org and the application that may open them.

    Attributes:
        open: Sessions by access token.
    """

    def __init__(self, org: Org) -> None:
        self._org = org
        self.open: dict[str, Session] = {}

    def begin_again(self, draws: random.Random, organization_id: str) -> None:
        """End all sessions; new tokens begin with the org's id and come from these draws."""
        self._draws = draws
        self._organization_id = organization_id
        self.open.clear()

    def begin(self, user_id: str, *, lasts: bool = False) -> str:
        """Open a session and return its access token.

        Args:
            user_id: Whose session it is.
            lasts: It never ends, as for somebody who is always there.
        """
        secret = drawn(self._draws, 91, _TOKEN_CHARACTERS)
        token = f"{self._organization_id[:15]}!AQ{secret}"
        self.open[token] = Session(user_id, None if lasts else self._org.now() + SESSION_LIVES)
        return token

    def end(self, token: str) -> bool:
        """End a session; returns whether it was open."""
        return self.open.pop(token, None) is not None

    def user_of(self, authorization: str | None) -> str:
        """Return the user of an `Authorization` header and keep the session alive.

        Raises:
            ApiError: 401 INVALID_SESSION_ID, without a session that is still open.
        """
        scheme, _, token = (authorization or "").partition(" ")
        session = self.open.get(token.strip())
        now = self._org.now()
        ended = session is not None and session.ends_at is not None and session.ends_at <= now
        if session is None or ended or scheme.lower() not in {"bearer", "oauth"}:
            raise ApiError("INVALID_SESSION_ID", "Session expired or invalid", status=401)
        if session.ends_at is not None and session.ends_at - now < SESSION_LIVES / 2:
            self.open[token.strip()] = replace(session, ends_at=now + SESSION_LIVES)
        return session.user_id


def check_client(
    application: Application, form: Mapping[str, str], authorization: str | None
) -> None:
    """Check the application's key and secret, from the form or the `Authorization` header.

    Raises:
        LoginRefused: If they are not those of the application.
    """
    key, secret = client_of(form, authorization)
    if key != application.consumer_key:
        raise LoginRefused("invalid_client_id", "client identifier invalid")
    if not hmac.compare_digest(secret.encode(), application.consumer_secret.encode()):
        raise LoginRefused("invalid_client", "invalid client credentials")


def client_of(form: Mapping[str, str], authorization: str | None) -> tuple[str, str]:
    """Return the key and the secret that a client gives, each empty where it gives none."""
    return _basic(authorization) or (form.get("client_id", ""), form.get("client_secret", ""))


def password_holds(application: Application, username: str, password: str) -> bool:
    """Tell whether a user's password, with or without the security token behind it, is right."""
    right = {application.password, application.password + application.security_token}
    return username.lower() == application.username.lower() and password in right


def token_answer(
    application: Application,
    token: str,
    *,
    user_id: str,
    scope: str,
    instance: str,
    organization_id: str,
    at: datetime,
) -> dict[str, str]:
    """Return the token endpoint's answer, signed with the consumer secret as Salesforce does."""
    identity = f"{instance}/id/{organization_id}/{user_id}"
    issued = str(int(at.timestamp() * 1000))
    digest = hmac.new(
        application.consumer_secret.encode(), (identity + issued).encode(), hashlib.sha256
    )
    return {
        "access_token": token,
        "signature": base64.b64encode(digest.digest()).decode(),
        "scope": scope,
        "instance_url": instance,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued,
        "api_instance_url": instance,
    }


def drawn(draws: random.Random, count: int, characters: str) -> str:
    """Return a text of drawn characters."""
    return "".join(draws.choices(characters, k=count))


def _basic(authorization: str | None) -> tuple[str, str] | None:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return key, secret
