"""What the bridge proves itself with in the JWT bearer flow: its key, certificate and assertion.

Salesforce Help, "OAuth 2.0 JWT Bearer Flow": RS256; `iss` the consumer key, `sub` the user, `aud`
one of two login hosts, never the organization's own, `exp` within minutes.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Mapping

PRODUCTION, SANDBOX = "https://login.salesforce.com", "https://test.salesforce.com"
"""The two audiences that there are."""

CERTIFICATE_LIVES = timedelta(days=730)
_KEY_BITS = 2048
_LIVES = timedelta(minutes=3)


class KeyPair(NamedTuple):
    """A private key and the certificate that Salesforce knows it by, both PEM."""

    private_key: str
    certificate: str

    def __repr__(self) -> str:
        return "KeyPair()"

    @property
    def ends_at(self) -> datetime:
        """When the certificate ends (UTC)."""
        return x509.load_pem_x509_certificate(self.certificate.encode()).not_valid_after_utc


def make_key_pair(name: str, at: datetime) -> KeyPair:
    """Return a new key with a certificate that it has signed itself.

    Args:
        name: Of the connection; an administrator sees it in Salesforce.
        at: From when the certificate holds.
    """
    key = rsa.generate_private_key(public_exponent=65_537, key_size=_KEY_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"cc-bridge-{name}"[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A clock that is a little behind must not find a certificate that does not hold yet.
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + CERTIFICATE_LIVES)
        .sign(key, SHA256())
    )
    private_key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return KeyPair(private_key.decode(), certificate.public_bytes(Encoding.PEM).decode())


def signed_assertion(login: Mapping[str, str], private_key: str, at: datetime) -> str:
    """Return the assertion that a login is asked for with.

    Args:
        login: `consumer_key`, `username` and `audience`.
        private_key: The PEM of an RSA key.
        at: The present time.

    Raises:
        ValueError: If it is no such key.
    """
    key = load_pem_private_key(private_key.encode(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("an RSA key is wanted")  # noqa: TRY004 -- what is wrong is a value
    claims = {
        "iss": login["consumer_key"],
        "sub": login["username"],
        "aud": login["audience"],
        "exp": int((at.astimezone(UTC) + _LIVES).timestamp()),
    }
    parts = ({"alg": "RS256", "typ": "JWT"}, claims)
    text = ".".join(_encoded(json.dumps(part).encode()) for part in parts)
    return f"{text}.{_encoded(key.sign(text.encode(), PKCS1v15(), SHA256()))}"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
