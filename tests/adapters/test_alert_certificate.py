"""The certificate that Salesforce meets: until when it holds, or why it is not trusted."""

from __future__ import annotations

import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from bridge.alerts.certificate import look_at_certificate, see
from bridge.alerts.named import public_address
from bridge.errors import ConfigurationError
from sandbox.certificates import Certificates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.db.database import Database
    from bridge.settings import Settings


@contextmanager
def tls_server(certificates: Certificates) -> Iterator[int]:
    """Serve TLS with a certificate, and yield the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate_file, certificates.key_file)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    # Each handshake is its own thread's: a client that refuses it ends no server.
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server whose authority this machine trusts."""
    certificates = Certificates.make()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca_file))
    with tls_server(certificates) as port:
        yield port
    certificates.remove()


def test_the_end_of_a_certificate_is_seen(port: int) -> None:
    ends_at, refused = see("127.0.0.1", port)
    assert refused is None
    assert ends_at is not None
    assert abs(ends_at - datetime.now(UTC) - timedelta(days=30)) < timedelta(hours=1)  # noqa: TID251


def test_a_certificate_that_nobody_trusts_is_refused_with_the_reason(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    ends_at, refused = see("127.0.0.1", port)
    assert ends_at is None
    assert refused == "unable to get local issuer certificate"


def test_what_was_seen_is_kept_and_nobody_looks_again_for_an_hour(
    database: Database, settings: Settings, port: int
) -> None:
    url = f"https://127.0.0.1:{port}"
    settings = settings.model_copy(update={"public_url": url})
    looked = []
    for _ in range(2):
        look_at_certificate(database, settings)
        with database.transaction() as tx:
            looked += tx.execute("SELECT address, looked_at, refused FROM certificate").fetchall()
    assert looked[0] == looked[1]
    assert looked[0][0::2] == (f"127.0.0.1:{port}", None)


def test_an_address_where_nobody_answers_says_nothing(
    database: Database, settings: Settings
) -> None:
    look_at_certificate(database, settings.model_copy(update={"public_url": "https://127.0.0.1:1"}))
    with database.transaction() as tx:
        assert tx.execute("SELECT count(*) FROM certificate").fetchall() == [(0,)]


@pytest.mark.parametrize("url", ["http://bridge.example.org", "bridge", "https://h:port"])
def test_an_address_that_salesforce_does_not_post_to_is_refused(
    settings: Settings, url: str
) -> None:
    with pytest.raises(ConfigurationError, match="BRIDGE_PUBLIC_URL"):
        public_address(settings.model_copy(update={"public_url": url}))
