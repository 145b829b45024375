"""Requests to the token endpoint, in the two forms that clients use. Pure."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from sandbox.constant_contact.refusals import oauth_error

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class RefreshRequest:
    """A refresh token and the application that presents it."""

    client_id: str
    client_secret: str
    refresh_token: str


def read_refresh(
    headers: Mapping[str, str], query: Mapping[str, str], body: bytes
) -> RefreshRequest:
    """Return what a refresh asks for; its parameters may be in the body or in the query.

    Raises:
        Refusal: In OAuth's shape, for another grant type or missing parts.
    """
    sent = {**query, **dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True))}
    client_id, client_secret = _basic(headers.get("authorization"))
    grant_type = sent.get("grant_type")
    if grant_type != "refresh_token":
        if grant_type is None:
            raise oauth_error(400, "invalid_request", "The grant_type parameter is missing.")
        raise oauth_error(
            400, "unsupported_grant_type", "The sandbox knows the refresh_token grant only."
        )
    if not sent.get("refresh_token"):
        raise oauth_error(400, "invalid_request", "The refresh_token parameter is missing.")
    return RefreshRequest(
        client_id=client_id, client_secret=client_secret, refresh_token=sent["refresh_token"]
    )


def _basic(authorization: str | None) -> tuple[str, str]:
    scheme, _, encoded = (authorization or "").partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    client_id, colon, client_secret = decoded.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise oauth_error(401, "invalid_client", "Client authentication failed.")
    return client_id, client_secret
