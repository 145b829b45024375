"""The JWT bearer flow: an assertion that an application signs with its own key.

Salesforce Help, "OAuth 2.0 JWT Bearer Flow": RS256, `iss` the consumer key, `sub` the user name,
`aud` one of two login hosts, `exp` within minutes.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from sandbox.salesforce.login import LoginRefused

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from datetime import datetime

AUDIENCES = frozenset({"https://login.salesforce.com", "https://test.salesforce.com"})
LONGEST_LIFE_S = 300
"""A longer life is refused; the documents ask for three minutes."""


def public_key(pem: str) -> RSAPublicKey:
    """Return the RSA key of a certificate, or a bare public key.

    Raises:
        ValueError: If the text is neither.
    """
    content = pem.encode()
    try:
        key = (
            load_pem_x509_certificate(content).public_key()
            if b"BEGIN CERTIFICATE" in content
            else load_pem_public_key(content)
        )
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from None
    if not isinstance(key, RSAPublicKey):
        message = "an RSA key is wanted"
        raise ValueError(message)  # noqa: TRY004 - what is wrong is a value
    return key


def subject_of(
    assertion: str,
    key: RSAPublicKey | None,
    *,
    consumer_key: str,
    audiences: AbstractSet[str],
    now: datetime,
) -> str:
    """Return the user name that a right assertion names.

    Raises:
        LoginRefused: In the vendor's words.
    """
    head, claims, signed, signature = _read(assertion)
    if claims.get("iss") != consumer_key:
        raise LoginRefused("invalid_client_id", "client identifier invalid")
    if key is None or head.get("alg") != "RS256":
        raise LoginRefused("invalid_grant", "invalid assertion")
    try:
        key.verify(signature, signed, PKCS1v15(), SHA256())
    except InvalidSignature:
        raise LoginRefused("invalid_grant", "invalid assertion") from None
    if claims.get("aud") not in audiences:
        raise LoginRefused("invalid_grant", "audience is invalid")
    expires, at = claims.get("exp"), now.timestamp()
    if not isinstance(expires, (int, float)) or not at < expires <= at + LONGEST_LIFE_S:
        raise LoginRefused("invalid_grant", "expired authorization code")
    return str(claims.get("sub", ""))


def _read(assertion: str) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    try:
        head, claims, signature = assertion.split(".")
        read = [json.loads(_decoded(part)) for part in (head, claims)]
        decoded = _decoded(signature)
    except (ValueError, binascii.Error, RecursionError):
        raise LoginRefused("invalid_grant", "invalid assertion") from None
    if not all(isinstance(part, dict) for part in read):
        raise LoginRefused("invalid_grant", "invalid assertion")
    return read[0], read[1], f"{head}.{claims}".encode(), decoded


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part.encode() + b"=" * (-len(part) % 4))
