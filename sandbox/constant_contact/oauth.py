"""The token endpoint: which grant a request asks for, and its answer."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from sandbox.constant_contact.refusals import oauth_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.constant_contact.authorizations import Authorizations
    from sandbox.constant_contact.policy import Policy
    from sandbox.constant_contact.tokens import Tokens

_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def read_form(query: Mapping[str, str], body: bytes) -> dict[str, str]:
    """Return the parameters of a request; clients send them in the body or in the query."""
    return {**query, **dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True))}


def give(
    tokens: Tokens,
    authorizations: Authorizations,
    policy: Policy,
    form: Mapping[str, str],
    *,
    authorization: str | None,
    now: float,
) -> dict[str, object]:
    """Return the answer to a request for tokens.

    Args:
        tokens: Those that are there.
        authorizations: What people have allowed.
        policy: How refreshes work.
        form: Parameters of the request.
        authorization: The `Authorization` header.
        now: Sandbox time in seconds since 1970.

    Raises:
        Refusal: In OAuth's shape.
    """
    match form.get("grant_type"):
        case "refresh_token":
            client_id = _client(tokens, form, authorization, needs_secret=bool(authorization))
            refresh_token = _need(form, "refresh_token")
            return tokens.refresh(client_id, refresh_token, policy, now)
        case "authorization_code":
            code = _need(form, "code")
            is_public = authorization is None and authorizations.has_challenge(code)
            client_id = _client(tokens, form, authorization, needs_secret=not is_public)
            named = authorizations.redeem(
                code,
                client_id,
                redirect_uri=form.get("redirect_uri"),
                verifier=form.get("code_verifier"),
                now=now,
            )
        case grant if grant == _DEVICE:
            client_id = _client(tokens, form, authorization, needs_secret=bool(authorization))
            named = authorizations.poll(_need(form, "device_code"), client_id, now)
        case None:
            raise oauth_error(400, "invalid_request", "The grant_type parameter is missing.")
        case _:
            message = "The authorization grant type is not supported by the authorization server."
            raise oauth_error(400, "unsupported_grant_type", message)
    return tokens.answer(client_id, named, now)


def _need(form: Mapping[str, str], name: str) -> str:
    if not form.get(name):
        raise oauth_error(400, "invalid_request", f"The {name} parameter is missing.")
    return form[name]


def _client(
    tokens: Tokens, form: Mapping[str, str], authorization: str | None, *, needs_secret: bool
) -> str:
    """Return the application that asks: by its secret, or of a public one by its id alone."""
    if authorization is None and not needs_secret and form.get("client_id") in tokens.applications:
        return form["client_id"]
    client_id, client_secret = _basic(authorization)
    tokens.check_secret(client_id, client_secret)
    return client_id


def _basic(authorization: str | None) -> tuple[str, str]:
    scheme, _, encoded = (authorization or "").partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        decoded = ""
    client_id, colon, client_secret = decoded.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise oauth_error(401, "invalid_client", "Client authentication failed.")
    return client_id, client_secret
