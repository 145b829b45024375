"""Id tokens of OpenID Connect: who has logged in, signed by the org."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.salesforce.login import Application

_LIVES = timedelta(minutes=2)
_KEY_ID = "200"
_BITS = 2048


def id_token(
    application: Application,
    *,
    subject: str,
    issuer: str,
    access_token: str,
    nonce: str | None,
    at: datetime,
) -> str:
    """Return a signed token (RS256).

    Args:
        application: Whom it is for.
        subject: The identity address of the user.
        issuer: Address of the org.
        access_token: Given together with it: its digest is in the token.
        nonce: What the application has sent along.
        at: Now.
    """
    claims: dict[str, Any] = {
        "at_hash": _text(hashlib.sha256(access_token.encode()).digest()[:16]),
        "sub": subject,
        "aud": application.consumer_key,
        "iss": issuer,
        "iat": int(at.timestamp()),
        "exp": int((at + _LIVES).timestamp()),
    }
    if nonce is not None:
        claims["nonce"] = nonce
    head = {"kid": _KEY_ID, "typ": "JWT", "alg": "RS256"}
    signed = ".".join(_text(json.dumps(part).encode()) for part in (head, claims))
    signature = _key().sign(signed.encode(), padding.PKCS1v15(), SHA256())
    return f"{signed}.{_text(signature)}"


def public_keys() -> dict[str, Any]:
    """Return the public key as a JSON Web Key Set."""
    numbers = _key().public_key().public_numbers()
    key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": _KEY_ID}
    return {"keys": [key | {"n": _number(numbers.n), "e": _number(numbers.e)}]}


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=_BITS)


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
