"""Assertions of the JWT bearer flow: what they claim, that they are signed, and by which key."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bridge.salesforce.assertion import make_key_pair, signed_assertion

AT = datetime(2026, 11, 29, 12, tzinfo=UTC)
LOGIN = {
    "consumer_key": "3MVG9",
    "username": "bridge@firm.example",
    "audience": "https://login.salesforce.com",
    "consumer_secret": "not told",
}
PAIR = make_key_pair("firm", AT)


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def read(part: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(decoded(part))
    return value


def test_an_assertion_claims_who_logs_in_where_for_three_minutes() -> None:
    head, claims, _ = signed_assertion(LOGIN, PAIR.private_key, AT).split(".")
    assert read(head) == {"alg": "RS256", "typ": "JWT"}
    assert read(claims) == {
        "iss": "3MVG9",
        "sub": "bridge@firm.example",
        "aud": "https://login.salesforce.com",
        "exp": int(AT.timestamp()) + 180,
    }


def test_the_certificate_proves_the_signature() -> None:
    signed, _, signature = signed_assertion(LOGIN, PAIR.private_key, AT).rpartition(".")
    key = x509.load_pem_x509_certificate(PAIR.certificate.encode()).public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(decoded(signature), signed.encode(), PKCS1v15(), SHA256())


def test_a_certificate_holds_for_two_years_and_for_a_clock_that_is_behind() -> None:
    certificate = x509.load_pem_x509_certificate(PAIR.certificate.encode())
    assert AT + timedelta(days=730) == PAIR.ends_at
    assert certificate.not_valid_before_utc < AT - timedelta(hours=12)


def test_a_key_of_another_kind_is_refused() -> None:
    other = generate_private_key(SECP256R1())
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(ValueError, match="RSA"):
        signed_assertion(LOGIN, pem, AT)


def test_no_key_is_shown_by_chance() -> None:
    assert "PRIVATE" not in repr(PAIR)
