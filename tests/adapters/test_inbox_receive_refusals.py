"""Refusing over HTTP: a SOAP fault, nothing stored, and no acknowledgement that is not meant."""

from __future__ import annotations

import gzip
import http.client
import logging
import re
import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import psycopg
import pytest
import requests

from tests.fix_inbox import eventually
from tests.outbound import message, notification, with_data

if TYPE_CHECKING:
    from bridge.settings import Settings
    from tests.fix_inbox import RunningReceiver

GOOD = message(notification())
MOST_BYTES = 1_000_000


@pytest.fixture(params=["asgi", "direct"])
def road(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def receiver_settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"max_message_bytes": MOST_BYTES})


def assert_fault(answer: requests.Response, status: int, side: str, said: str) -> None:
    """Check that an answer is a SOAP fault and no acknowledgement."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert b"Ack" not in answer.content
    root = ET.fromstring(answer.content)  # noqa: S314 -- our own answer
    assert (root.findtext(".//faultcode"), len(root.findall(".//faultcode"))) == (
        f"soapenv:{side}",
        1,
    )
    assert said in (root.findtext(".//faultstring") or "")


def assert_nothing_stored(receiver: RunningReceiver) -> None:
    """Check that neither message nor notification is there."""
    assert receiver.messages() == []
    assert receiver.notifications() == []


@pytest.mark.parametrize(
    ("body", "content_type", "status", "said"),
    [
        pytest.param(b"", "text/xml", 400, "not well-formed", id="empty"),
        pytest.param(GOOD[:-20].encode(), "text/xml", 400, "not well-formed", id="cut short"),
        pytest.param(b"{}", "application/json", 400, "not well-formed", id="JSON"),
        pytest.param(b"<!DOCTYPE a><a/>", "text/xml", 400, "document type", id="document type"),
        pytest.param(
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
            "text/xml",
            400,
            "document type",
            id="external entity",
        ),
        pytest.param(b"<a>" * 100, "text/xml", 400, "deeper than 64", id="deep"),
        pytest.param(b"<a/>", "text/xml", 400, "no Envelope", id="another document"),
        pytest.param(
            message(notification(), with_data("", "")).encode(),
            "text/xml",
            400,
            "without Id",
            id="one notification without id",
        ),
        pytest.param(GOOD.encode(), "text/xml; charset=shift_jis", 400, "shift_jis", id="charset"),
        pytest.param(
            GOOD.encode("utf-16-le"), "text/xml", 400, "UTF-16 without", id="UTF-16 without a mark"
        ),
        pytest.param(b"<a>" + b"x" * MOST_BYTES, "text/xml", 413, "larger than", id="too large"),
        pytest.param(
            message(notification(), organization_id="00D5g00000ABcdFEAT").encode(),
            "text/xml",
            403,
            "organization",
            id="another organization",
        ),
        pytest.param(
            message(notification(), organization_id="00d5g00000abcdeEAT").encode(),
            "text/xml",
            403,
            "organization",
            id="case of the organization",
        ),
        pytest.param(
            message(notification(), organization_id="").encode(),
            "text/xml",
            403,
            "organization",
            id="no organization",
        ),
    ],
)
def test_refused_message_gets_a_fault_and_is_not_stored(
    receiver: RunningReceiver, body: bytes, content_type: str, status: int, said: str
) -> None:
    assert_fault(receiver.post(body, content_type=content_type), status, "Client", said)
    assert_nothing_stored(receiver)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/outbound-messages/firm/wrong", id="wrong secret"),
        pytest.param("/outbound-messages/firm/", id="empty secret"),
        pytest.param("/outbound-messages/firm", id="no secret"),
        pytest.param("/outbound-messages/nobody/{secret}", id="unknown connection"),
        pytest.param("/outbound-messages/FIRM/{secret}", id="case of the name"),
        pytest.param("/outbound-messages/firm/{secret}/x", id="longer path"),
        pytest.param("/outbound-messages/firm/{secret}%20", id="longer secret"),
        pytest.param("/outbound-messages/firm/%ff%C3", id="bytes that are no text"),
        pytest.param("/outbound-messages/", id="nothing"),
    ],
)
def test_unknown_address_gets_a_fault_and_nothing_is_stored(
    receiver: RunningReceiver, path: str
) -> None:
    secret = receiver.path.rpartition("/")[2]
    answer = receiver.post(GOOD, path=path.replace("{secret}", secret))
    assert_fault(answer, 404, "Client", "no connection has this address")
    assert_nothing_stored(receiver)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_only_post_is_answered(receiver: RunningReceiver, method: str) -> None:
    answer = requests.request(method, receiver.url + receiver.path, timeout=5)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_refusal_is_counted_and_logged_without_content(
    receiver: RunningReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    secret = receiver.path.rpartition("/")[2]
    with caplog.at_level(logging.INFO):
        receiver.post(message(notification(fields={"Email": "ada@example.org"}))[:-5])
        receiver.post(GOOD, path="/outbound-messages/firm/guess")
    records = [record for record in caplog.records if record.message == "message_refused"]
    assert [(record.cause, record.status) for record in records] == [  # type: ignore[attr-defined]
        ("malformed", 400),
        ("endpoint", 404),
    ]
    ours = [record for record in caplog.records if record.name.startswith("bridge")]
    told = " ".join(str(vars(record)) for record in ours)
    assert not re.search(rf"ada@|guess|{re.escape(secret)}", told)
    figures = requests.get(receiver.url + "/metrics", timeout=5).text
    assert re.search(r'bridge_outbound_messages_total\{outcome="malformed"\} [1-9]', figures)
    assert re.search(r'bridge_outbound_messages_total\{outcome="endpoint"\} [1-9]', figures)


def test_compressed_body_is_refused(receiver: RunningReceiver) -> None:
    answer = requests.post(
        receiver.url + receiver.path,
        data=gzip.compress(GOOD.encode()),
        headers={"Content-Encoding": "gzip"},
        timeout=5,
    )
    assert_fault(answer, 400, "Client", "compressed")


def test_announced_size_is_refused_before_the_body_comes(receiver: RunningReceiver) -> None:
    address = urlsplit(receiver.url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        head = f"POST {receiver.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_unannounced_size_is_refused_when_it_is_reached(receiver: RunningReceiver) -> None:
    address = urlsplit(receiver.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
    pieces = (b"x" * 50_000 for _ in range(MOST_BYTES // 50_000 + 1))
    with closing(connection):
        connection.request("POST", receiver.path, body=pieces, encode_chunked=True)
        with connection.getresponse() as answer:
            assert answer.status == 413
    assert_nothing_stored(receiver)


def test_chunked_body_is_read(receiver: RunningReceiver) -> None:
    pieces = [GOOD[at : at + 7].encode() for at in range(0, len(GOOD), 7)]
    answer = requests.post(receiver.url + receiver.path, data=iter(pieces), timeout=5)
    assert answer.status_code == 200
    assert len(receiver.notifications()) == 1


def test_sender_that_goes_away_leaves_nothing(receiver: RunningReceiver) -> None:
    address = urlsplit(receiver.url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        head = f"POST {receiver.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(GOOD)}\r\n\r\n"
        connection.sendall(head.encode() + GOOD[:-1].encode())
    assert receiver.post(GOOD).ok
    assert len(receiver.messages()) == 1


def test_slow_sender_does_not_hold_up_others(receiver: RunningReceiver) -> None:
    address = urlsplit(receiver.url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        head = f"POST {receiver.path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(GOOD)}\r\n\r\n"
        connection.sendall(head.encode() + GOOD[:10].encode())
        assert receiver.post(message(notification("04lQuick"))).ok
        connection.sendall(GOOD[10:].encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert len(receiver.notifications()) == 2


def test_nothing_is_acknowledged_while_the_database_refuses(receiver: RunningReceiver) -> None:
    with receiver.database.transaction() as tx:
        tx.execute("ALTER TABLE notification RENAME TO elsewhere")
    assert_fault(receiver.post(GOOD), 503, "Server", "send it again")
    with receiver.database.transaction() as tx:
        tx.execute("ALTER TABLE elsewhere RENAME TO notification")
    assert_nothing_stored(receiver)
    assert receiver.post(GOOD).ok
    assert len(receiver.notifications()) == 1


def test_lost_connection_to_the_database_is_replaced(receiver: RunningReceiver) -> None:
    assert receiver.post(GOOD).ok
    with receiver.database.transaction() as tx:
        tx.execute(
            """
            SELECT pg_terminate_backend(pid)
            FROM pg_stat_activity
            WHERE datname = current_database() AND pid <> pg_backend_pid()
            """
        )
    answers = [receiver.post(message(notification(f"04l{n}"))) for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len(receiver.notifications()) == 4


def test_nothing_is_acknowledged_while_the_database_is_down(
    receiver: RunningReceiver, settings: Settings
) -> None:
    name = psycopg.conninfo.conninfo_to_dict(settings.database_url or "")["dbname"]
    assert receiver.post(GOOD).ok
    forbid = psycopg.sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(settings.database_url or "", dbname="postgres", autocommit=True) as other:
        other.execute(forbid.format(psycopg.sql.Identifier(str(name)), psycopg.sql.SQL("false")))
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        refused = receiver.post(message(notification("04lLater")))
        other.execute(forbid.format(psycopg.sql.Identifier(str(name)), psycopg.sql.SQL("true")))
    assert_fault(refused, 503, "Server", "send it again")
    eventually(
        lambda: receiver.post(message(notification("04lLater"))).ok, "the database is not found"
    )
    assert len(receiver.notifications()) == 2


def test_waiting_for_a_locked_row_ends_in_a_fault(
    receiver: RunningReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.inbox.commit._DEADLINE_S", 0.3)
    assert receiver.post(GOOD).ok
    with receiver.database.transaction() as tx:
        tx.execute("SELECT FROM notification FOR UPDATE")
        answers: list[requests.Response] = []
        posts = [
            threading.Thread(target=lambda: answers.append(receiver.post(GOOD))) for _ in range(5)
        ]
        for post in posts:
            post.start()
        for post in posts:
            post.join()
    assert {answer.status_code for answer in answers} == {503}
    assert receiver.post(GOOD).ok
