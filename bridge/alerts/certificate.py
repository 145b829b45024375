"""The certificate that Salesforce meets at `BRIDGE_PUBLIC_URL`: until when it holds."""

from __future__ import annotations

import logging
import socket
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from bridge.alerts.named import address_of, public_address
from bridge.alerts.store import SQL

if TYPE_CHECKING:
    from bridge.db.database import Database
    from bridge.settings import Settings

log = logging.getLogger(__name__)

_TIMEOUT_S = 10.0


class Seen(NamedTuple):
    """What a client sees of a certificate: until when it holds, or why it is not trusted."""

    ends_at: datetime | None
    refused: str | None


def look_at_certificate(database: Database, settings: Settings) -> None:
    """Look once an hour, whichever process does, and keep what was seen.

    Where nobody answers, what was seen before stays: the address may not be reachable from here.
    """
    place = public_address(settings)
    if place is None:
        return
    address = {"address": address_of(*place)}
    with database.transaction() as tx:
        row = tx.execute(SQL["certificate_is_due"], address).fetchone()
    if row is None or not row[0]:
        return
    try:
        seen = see(*place)
    except OSError as error:
        log.info("certificate_not_seen", extra={"error": type(error).__name__})
        return
    with database.transaction() as tx:
        tx.execute(SQL["remember_certificate"], address | seen._asdict())


def see(host: str, port: int) -> Seen:
    """Return what a client that verifies as Salesforce does sees at an address.

    Raises:
        OSError: If nobody answers there.
    """
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((host, port), timeout=_TIMEOUT_S) as connection,
            context.wrap_socket(connection, server_hostname=host) as encrypted,
        ):
            certificate = encrypted.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return Seen(None, error.verify_message)
    ends = str(certificate["notAfter"])
    return Seen(datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC), None)
