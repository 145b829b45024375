"""OAuth tokens of Constant Contact: 24 hours of access, refresh tokens that rotate."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from sandbox.constant_contact.refusals import oauth_error

if TYPE_CHECKING:
    import random

    from sandbox.constant_contact.policy import Policy

ACCESS_LIFETIME_S = 86_400
REFRESH_LIFETIME_S = 180 * 86_400
SCOPE = "contact_data campaign_data account_read account_update offline_access"
_FAR_FUTURE = float("inf")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


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
    _access: dict[str, tuple[str, float]] = field(default_factory=dict)
    _refresh: dict[str, tuple[str, float]] = field(default_factory=dict)
    _superseded: dict[str, str] = field(default_factory=dict)

    def register(self) -> Application:
        """Make an application as the vendor's portal would."""
        application = Application(
            client_id=str(UUID(int=self.draws.getrandbits(128), version=4)),
            client_secret=self._opaque(22),
        )
        self.applications[application.client_id] = application
        return application

    def _opaque(self, length_bytes: int) -> str:
        return _base64url(self.draws.randbytes(length_bytes))

    def _jwt(self, client_id: str, now: float) -> str:
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
            "scp": SCOPE.split(),
            "sub": "owner@example.com",
            "platform_user_id": self._opaque(96),
        }
        parts = [_base64url(json.dumps(part).encode()) for part in (header, claims)]
        return ".".join([*parts, self._opaque(256)])

    def issue_access(self, client_id: str, now: float, *, lasting: bool = False) -> str:
        """Return a new access token; `lasting` ones never expire, for observers."""
        token = self._jwt(client_id, now)
        self._access[token] = (client_id, _FAR_FUTURE if lasting else now + ACCESS_LIFETIME_S)
        return token

    def issue_refresh(self, client_id: str, now: float) -> str:
        """Return a new refresh token."""
        token = self._opaque(32)
        self._refresh[token] = (client_id, now + REFRESH_LIFETIME_S)
        return token

    def client_of(self, access_token: str, now: float) -> str | None:
        """Return the application that a valid access token was issued to."""
        client_id, expires_at = self._access.get(access_token, (None, 0.0))
        return client_id if now < expires_at else None

    def refresh(
        self, client_id: str, client_secret: str, token: str, policy: Policy, now: float
    ) -> dict[str, object]:
        """Return the token endpoint's answer to a refresh.

        Raises:
            Refusal: `invalid_client` or `invalid_grant`.
        """
        application = self.applications.get(client_id)
        if application is None or application.client_secret != client_secret:
            raise oauth_error(401, "invalid_client", "The client secret supplied is invalid.")
        owner, expires_at = self._refresh.get(token, (None, 0.0))
        if owner != client_id or now >= expires_at:
            if policy.reuse_revokes_all and self._superseded.get(token) == client_id:
                self.revoke(client_id)
            raise oauth_error(400, "invalid_grant", "The refresh token is invalid or expired.")
        if policy.refresh_ends_access_tokens:
            self._drop_access(client_id)
        if policy.refresh_tokens == "rotating":
            self._supersede(client_id)
            token = self.issue_refresh(client_id, now)
        else:
            self._refresh[token] = (client_id, now + REFRESH_LIFETIME_S)
        return {
            "token_type": "Bearer",
            "expires_in": ACCESS_LIFETIME_S,
            "access_token": self.issue_access(client_id, now),
            "scope": SCOPE,
            "refresh_token": token,
        }

    def _supersede(self, client_id: str) -> None:
        for token in [token for token, (owner, _) in self._refresh.items() if owner == client_id]:
            del self._refresh[token]
            self._superseded[token] = client_id

    def _drop_access(self, client_id: str) -> None:
        self._access = {
            token: (owner, expires_at)
            for token, (owner, expires_at) in self._access.items()
            if owner != client_id or expires_at == _FAR_FUTURE
        }

    def revoke(self, client_id: str) -> None:
        """End every token of an application, as when its user withdraws the permission."""
        self._drop_access(client_id)
        self._supersede(client_id)
