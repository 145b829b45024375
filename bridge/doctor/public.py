"""What Salesforce meets at `BRIDGE_PUBLIC_URL`: name, certificate, and who answers."""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bridge.alerts.named import address_of, public_address
from bridge.doctor.findings import fault
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from bridge.doctor.findings import Fault, Outcome
    from bridge.settings import Settings

ENDS_SOON = timedelta(days=21)
"""By then a renewal that happens by itself has happened."""

_TIMEOUT_S = 10.0
_MOST = 1000
# What a client without a certificate is told: by nginx, by proxies of others, by TLS itself.
_WANTS_CERTIFICATE = ("certificate required", "SSL certificate", "handshake failure")
_REFUSED = frozenset({400, 403, 495, 496})


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a client that verifies as Salesforce does sees there.

    Attributes:
        address: Host and port.
        unreachable: Why nobody answers.
        refused: Why the certificate is not trusted.
        ends_at: Until when it holds (UTC).
        answers: What `/healthz` answered; None where it answered nothing that counts.
        asks_certificate: Whoever shows no certificate of its own may not post.
        is_wanted: That is how it should be.
    """

    address: str
    unreachable: str | None = None
    refused: str | None = None
    ends_at: datetime | None = None
    answers: str | None = None
    asks_certificate: bool = False
    is_wanted: bool = False


def look_at_public(settings: Settings) -> Seen | None:
    """Return what is seen at the public address; None where nobody says which it is."""
    try:
        place = public_address(settings)
    except ConfigurationError:
        return None  # told by the check of alerts
    if place is None:
        return None
    host, port = place
    address = address_of(host, port)
    prefix = urlsplit(settings.public_url or "").path.rstrip("/")
    connection = http.client.HTTPSConnection(
        host, port, timeout=_TIMEOUT_S, context=ssl.create_default_context()
    )
    try:
        connection.connect()
        seen = _asked(connection, prefix, address, _end_of(connection.sock))
        return replace(seen, is_wanted=settings.client_certificate)
    except OSError as error:
        return _not_met(address, error)
    finally:
        connection.close()


def judge_public(seen: Seen | None, at: datetime) -> Outcome:
    """Say whether Salesforce can post there."""
    if seen is None:
        return fault("public_unset", "nobody says where Salesforce reaches the server")
    found = _fault_of(seen, at)
    if found is not None:
        return found
    says = f"{seen.address} answers, with a certificate till {seen.ends_at:%Y-%m-%d}"
    return f"{says}, and lets only client certificates post" if seen.asks_certificate else says


def _fault_of(seen: Seen, at: datetime) -> Fault | None:
    if seen.refused is not None:
        says = f"the certificate of {seen.address} is not trusted: {seen.refused}"
        return fault("public_untrusted", says)
    if seen.unreachable is not None:
        return fault("public_unreachable", f"{seen.address}: {seen.unreachable}")
    if seen.ends_at is not None and seen.ends_at - at < ENDS_SOON:
        says = f"the certificate of {seen.address} ends at {seen.ends_at:%Y-%m-%d %H:%M} UTC"
        return fault("public_ends", says)
    return _fault_of_answer(seen)


def _fault_of_answer(seen: Seen) -> Fault | None:
    if seen.asks_certificate and seen.answers is None:
        return None  # not even this page is shown to whoever has none
    if (seen.answers or "").strip() != "ok":
        return fault("public_other", f"{seen.address} answers, but not as the bridge does")
    if seen.is_wanted and not seen.asks_certificate:
        says = f"{seen.address} lets whoever shows no client certificate post"
        return fault("public_open", says)
    return None


def _not_met(address: str, error: OSError) -> Seen:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Seen(address=address, refused=error.verify_message)
    if isinstance(error, socket.gaierror):
        return Seen(address=address, unreachable="the name has no address")
    why = error.reason if isinstance(error, ssl.SSLError) else error.strerror
    return Seen(address=address, unreachable=why or type(error).__name__)


def _asked(
    connection: http.client.HTTPSConnection, prefix: str, address: str, ends_at: datetime | None
) -> Seen:
    """Ask for two pages; with TLS 1.3 a missing client certificate is told only now."""
    seen = Seen(address=address, ends_at=ends_at)
    try:
        status, body = _page(connection, f"{prefix}/healthz")
        if _wants_certificate(status, body):
            return replace(seen, asks_certificate=True)
        answers = body if status == HTTPStatus.OK else None
        # No connection has this name, so the bridge itself says that there is no such page.
        status, _ = _page(connection, f"{prefix}/outbound-messages/-/-")
    except (ssl.SSLError, http.client.HTTPException, OSError) as error:
        asks = any(words.lower() in str(error).lower() for words in _WANTS_CERTIFICATE)
        if not asks and not isinstance(error, http.client.HTTPException):
            raise
        return replace(seen, asks_certificate=asks)
    return replace(seen, answers=answers, asks_certificate=status in _REFUSED)


def _page(connection: http.client.HTTPSConnection, path: str) -> tuple[int, str]:
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read().decode("utf-8", "replace")
    return response.status, body[:_MOST]


def _wants_certificate(status: int, body: str) -> bool:
    return status in _REFUSED and any(words in body for words in _WANTS_CERTIFICATE)


def _end_of(encrypted: object) -> datetime | None:
    if not isinstance(encrypted, ssl.SSLSocket):
        return None
    ends = (encrypted.getpeercert() or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(ends)), UTC) if ends else None
