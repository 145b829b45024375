"""People who let an application in: authorization codes, PKCE, and devices that show a code.

The sources: the vendor's developer guide, pages server_flow, pkce_flow and device_flow; RFC 6749,
RFC 7636 and, where the guide is silent about polling, RFC 8628.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from sandbox.constant_contact import scopes
from sandbox.constant_contact.refusals import oauth_error

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

CODE_LIFETIME_S = 300
DEVICE_LIFETIME_S = 600
POLL_EVERY_S = 5
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


class PortalSettings(BaseModel):
    """What a developer sets of the application in the vendor's portal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    redirect_uris: tuple[str, ...] = Field(
        default=(), description="addresses that people may be sent back to; none: this machine"
    )
    flows: tuple[Literal["code", "device"], ...] = Field(
        default=("code", "device"), description="flows that the application was made for"
    )
    fails_with: str | None = Field(
        default=None,
        description="the OAuth error that people are sent back with, whatever they answer",
    )
    scopes: tuple[str, ...] = Field(
        default=scopes.ALL, description="what consent gives at most; what is beyond is left out"
    )

    def given(self, asked: Sequence[str]) -> tuple[str, ...]:
        """Return what of the scopes that are asked for somebody can give."""
        return tuple(one for one in asked if one in {*self.scopes, "openid"})


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code: one use, five minutes."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    ends_at: float


@dataclass(slots=True)
class Device:
    """A device that waits for a person to enter its code."""

    client_id: str
    user_code: str
    scopes: tuple[str, ...]
    ends_at: float
    polled_at: float = 0.0
    answer: Literal["allow", "deny"] | None = None


@dataclass
class Authorizations:
    """What people have allowed and nobody has redeemed yet.

    Attributes:
        draws: Where codes come from.
        devices: By device code.
    """

    draws: random.Random
    settings: PortalSettings = field(default_factory=PortalSettings)
    devices: dict[str, Device] = field(default_factory=dict)
    _codes: dict[str, Code] = field(default_factory=dict)

    def allows(self, redirect_uri: str) -> bool:
        """Tell whether a person may be sent to an address: a registered one, to the letter."""
        if self.settings.redirect_uris:
            return redirect_uri in self.settings.redirect_uris
        try:
            return urlsplit(redirect_uri).hostname in _LOOPBACK
        except ValueError:
            return False

    def code(
        self,
        client_id: str,
        *,
        redirect_uri: str,
        scopes: Sequence[str],
        challenge: str | None,
        now: float,
    ) -> str:
        """Return a code for an application that somebody has let in."""
        text = self._opaque(24)
        ends_at = now + CODE_LIFETIME_S
        self._codes[text] = Code(client_id, redirect_uri, tuple(scopes), challenge, ends_at)
        return text

    def redeem(
        self,
        text: str,
        client_id: str,
        *,
        redirect_uri: str | None,
        verifier: str | None,
        now: float,
    ) -> tuple[str, ...]:
        """Return the scopes that a code stands for, and end it.

        A code that was asked for with a challenge needs its verifier.

        Raises:
            Refusal: `invalid_grant`.
        """
        code = self._codes.pop(text, None)
        if code is None or code.client_id != client_id or code.ends_at <= now:
            message = "The authorization code is invalid or has expired."
            raise oauth_error(400, "invalid_grant", message)
        if redirect_uri != code.redirect_uri:
            message = "The 'redirect_uri' does not match the redirection URI used in the request."
            raise oauth_error(400, "invalid_grant", message)
        if code.challenge is not None and not _fits(code.challenge, verifier or ""):
            raise oauth_error(400, "invalid_grant", "PKCE verification failed.")
        return code.scopes

    def has_challenge(self, text: str) -> bool:
        """Tell whether a code was asked for with a challenge, which stands for the secret."""
        code = self._codes.get(text)
        return code is not None and code.challenge is not None

    def begin_device(self, client_id: str, scopes: Sequence[str], now: float) -> tuple[str, Device]:
        """Return a device code, and what waits for it."""
        letters = self.draws.choices(_LETTERS, k=8)
        user_code = f"{''.join(letters[:4])}-{''.join(letters[4:])}"
        device = Device(client_id, user_code, tuple(scopes), now + DEVICE_LIFETIME_S)
        device_code = self._opaque(24)
        self.devices[device_code] = device
        return device_code, device

    def device_of(self, user_code: str, now: float) -> Device | None:
        """Return the device that shows a code to its user."""
        wanted = user_code.strip().upper()
        for device in self.devices.values():
            if device.user_code == wanted and device.ends_at > now and device.answer is None:
                return device
        return None

    def poll(self, device_code: str, client_id: str, now: float) -> tuple[str, ...]:
        """Return the scopes that a person has allowed a device, and end the waiting.

        Raises:
            Refusal: `authorization_pending`, `slow_down`, `access_denied`, `expired_token`, or
                `invalid_grant` for a code that is none.
        """
        device = self.devices.get(device_code)
        if device is None or device.client_id != client_id:
            raise oauth_error(400, "invalid_grant", "The device code is invalid.")
        if device.ends_at <= now:
            raise oauth_error(400, "expired_token", "The device code has expired.")
        polled_at, device.polled_at = device.polled_at, now
        if device.answer is None:
            if now - polled_at < POLL_EVERY_S:
                raise oauth_error(400, "slow_down", "The device polls too often.")
            message = "The device authorization is pending. Please try again later."
            raise oauth_error(400, "authorization_pending", message)
        del self.devices[device_code]
        if device.answer == "deny":
            raise oauth_error(400, "access_denied", "The resource owner denied the request.")
        return device.scopes

    def _opaque(self, length_bytes: int) -> str:
        return base64.urlsafe_b64encode(self.draws.randbytes(length_bytes)).rstrip(b"=").decode()


def _fits(challenge: str, verifier: str) -> bool:
    digest = hashlib.sha256(verifier.encode("utf-8", "replace")).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(made, challenge.rstrip("=").encode("utf-8", "replace"))
