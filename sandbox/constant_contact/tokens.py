"""OAuth tokens of Constant Contact: 24 hours of access, refresh tokens that rotate."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from sandbox.constant_contact import scopes
from sandbox.constant_contact.refusals import oauth_error

if TYPE_CHECKING:
    import random

    from sandbox.constant_contact.policy import Policy

ACCESS_LIFETIME_S = 86_400
REFRESH_LIFETIME_S = 180 * 86_400
_FAR_FUTURE = float("inf")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token stands for.

    Attributes:
        ends_at: Seconds since 1970.
    """

    client_id: str
    scopes: tuple[str, ...]
    ends_at: float


@dataclass(frozen=True, kw_only=True)
class Application:
    """An API application ("API key") and its secret."""

    client_id: str
    client_secret: str


@dataclass
class Tokens:
    """Which tokens are valid, for which application.

    Attributes:
        draws: Where token values come from.
    """

    draws: random.Random
    applications: dict[str, Application] = field(default_factory=dict)
    _access: dict[str, Grant] = field(default_factory=dict)
    _refresh: dict[str, Grant] = field(default_factory=dict)
    _superseded: dict[str, str] = field(default_factory=dict)

    def register(self) -> Application:
        """Make an application as the vendor's portal would."""
        application = Application(
            client_id=str(UUID(int=self.draws.getrandbits(128), version=4)),
            client_secret=self._opaque(22),
        )
        self.applications[application.client_id] = application
        return application

    def renew_secret(self, client_id: str) -> str:
        """Give an application another secret; the old one ends at once."""
        secret = self._opaque(22)
        self.applications[client_id] = Application(client_id=client_id, client_secret=secret)
        return secret

    def _opaque(self, length_bytes: int) -> str:
        return _base64url(self.draws.randbytes(length_bytes))

    def _jwt(self, client_id: str, named: tuple[str, ...], now: float) -> str:
        """Return an access token of the vendor's form and length; its signature is noise."""
        header = {"kid": self._opaque(32), "alg": "RS256"}
        claims = {
            "ver": 1,
            "jti": f"AT.{self._opaque(32)}",
            "iss": "https://identity.constantcontact.com/oauth2/aus1lm3ry9mF7x2Ja0h8",
            "aud": "https://api.cc.email/v3",
            "iat": int(now),
            "exp": int(now) + ACCESS_LIFETIME_S,
            "cid": client_id,
            "scp": list(named),
            "sub": "owner@example.com",
            "platform_user_id": self._opaque(96),
        }
        parts = [_base64url(json.dumps(part).encode()) for part in (header, claims)]
        return ".".join([*parts, self._opaque(256)])

    def issue_access(
        self,
        client_id: str,
        now: float,
        *,
        named: tuple[str, ...] = scopes.ALL,
        lasting: bool = False,
    ) -> str:
        """Return a new access token; `lasting` ones never expire, for observers."""
        token = self._jwt(client_id, named, now)
        ends_at = _FAR_FUTURE if lasting else now + ACCESS_LIFETIME_S
        self._access[token] = Grant(client_id, named, ends_at)
        return token

    def issue_refresh(self, client_id: str, now: float, named: tuple[str, ...] = scopes.ALL) -> str:
        """Return a new refresh token."""
        token = self._opaque(32)
        self._refresh[token] = Grant(client_id, named, now + REFRESH_LIFETIME_S)
        return token

    def grant_of(self, access_token: str, now: float) -> Grant | None:
        """Return what a valid access token stands for."""
        grant = self._access.get(access_token)
        return grant if grant is not None and now < grant.ends_at else None

    def client_of(self, access_token: str, now: float) -> str | None:
        """Return the application that a valid access token was issued to."""
        grant = self.grant_of(access_token, now)
        return None if grant is None else grant.client_id

    def check_secret(self, client_id: str, client_secret: str) -> None:
        """Check that an application is who it says.

        Raises:
            Refusal: `invalid_client`.
        """
        application = self.applications.get(client_id)
        if application is None or application.client_secret != client_secret:
            raise oauth_error(401, "invalid_client", "The client secret supplied is invalid.")

    def answer(
        self, client_id: str, named: tuple[str, ...], now: float, refresh: str | None = None
    ) -> dict[str, object]:
        """Return the token endpoint's answer; without `offline_access` nothing refreshes it."""
        body: dict[str, object] = {
            "token_type": "Bearer",
            "expires_in": ACCESS_LIFETIME_S,
            "access_token": self.issue_access(client_id, now, named=named),
            "scope": " ".join(named),
        }
        if "openid" in named:
            body["id_token"] = self._jwt(client_id, ("openid",), now)
        if refresh is None and "offline_access" in named:
            refresh = self.issue_refresh(client_id, now, named)
        return body if refresh is None else {**body, "refresh_token": refresh}

    def refresh(self, client_id: str, token: str, policy: Policy, now: float) -> dict[str, object]:
        """Return the token endpoint's answer to a refresh.

        Raises:
            Refusal: `invalid_grant`.
        """
        grant = self._refresh.get(token)
        if grant is None or grant.client_id != client_id or now >= grant.ends_at:
            if policy.reuse_revokes_all and self._superseded.get(token) == client_id:
                self.revoke(client_id)
            raise oauth_error(400, "invalid_grant", "The refresh token is invalid or expired.")
        if policy.refresh_ends_access_tokens:
            self._drop_access(client_id)
        if policy.refresh_tokens == "rotating":
            self._supersede(client_id)
            token = self.issue_refresh(client_id, now, grant.scopes)
        else:
            self._refresh[token] = Grant(client_id, grant.scopes, now + REFRESH_LIFETIME_S)
        return self.answer(client_id, grant.scopes, now, token)

    def _supersede(self, client_id: str) -> None:
        for token in [
            each for each, grant in self._refresh.items() if grant.client_id == client_id
        ]:
            del self._refresh[token]
            self._superseded[token] = client_id

    def _drop_access(self, client_id: str) -> None:
        self._access = {
            token: grant
            for token, grant in self._access.items()
            if grant.client_id != client_id or grant.ends_at == _FAR_FUTURE
        }

    def revoke(self, client_id: str) -> None:
        """End every token of an application, as when its user withdraws the permission."""
        self._drop_access(client_id)
        self._supersede(client_id)
