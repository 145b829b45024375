"""The direct road: what goes it, what leaves it, and that the sender sees no difference."""

from __future__ import annotations

import logging
import socket
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from bridge.direct import answer
from bridge.inbox.receive import Receiver
from tests.fix_inbox import eventually
from tests.outbound import message, notification

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fix_inbox import RunningReceiver

GOOD = message(notification())
ACK_END = b"</soapenv:Envelope>"


@pytest.fixture
def road() -> str:
    return "direct"


@pytest.fixture
def by_asgi(receiver: RunningReceiver, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What went through ASGI since the server has learned its endpoints."""
    gone: list[str] = []
    through = Receiver.__call__

    async def note(self: Receiver, scope: object, receive: object, send: object) -> None:
        gone.append("asgi")
        await through(self, scope, receive, send)  # type: ignore[arg-type]

    monkeypatch.setattr(Receiver, "__call__", note)

    def is_known() -> bool:
        gone.clear()
        assert receiver.post("no message").status_code == 400
        return gone == []

    eventually(is_known, "the endpoint is not known")
    return gone


@contextmanager
def connected(receiver: RunningReceiver) -> Iterator[socket.socket]:
    address = urlsplit(receiver.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        yield connection


def posted(receiver: RunningReceiver, body: str = GOOD, *headers: str, path: str = "") -> bytes:
    """Return a request as it goes over the wire."""
    head = [f"POST {path or receiver.path} HTTP/1.1", "Host: x", *headers]
    content = body.encode()
    return "\r\n".join([*head, f"Content-Length: {len(content)}", "", ""]).encode() + content


def answered(connection: socket.socket, count: int = 1) -> list[bytes]:
    """Read so many SOAP answers, or to the end."""
    content = b""
    while content.count(ACK_END) < count and (more := connection.recv(65_536)):
        content += more
    return [part + ACK_END for part in content.split(ACK_END)[:-1]]


def test_message_in_one_piece_needs_no_asgi(receiver: RunningReceiver, by_asgi: list[str]) -> None:
    assert receiver.post(GOOD).ok
    assert receiver.post(GOOD, headers={"X-Forwarded-For": "203.0.113.7"}).ok
    assert receiver.post(GOOD[:-1]).status_code == 400
    assert by_asgi == []
    assert [row["times_received"] for row in receiver.notifications()] == [2]


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        pytest.param(["Connection: close"], "{path}", id="last of its connection"),
        pytest.param(["Expect: 100-continue"], "{path}", id="asks first"),
        pytest.param([], "{path}?x=1", id="query"),
        pytest.param([], "/outbound%2Dmessages{rest}", id="escaped"),
        pytest.param([], "http://x{path}", id="whole address"),
    ],
)
def test_everything_unusual_goes_through_asgi_and_is_acknowledged(
    receiver: RunningReceiver, by_asgi: list[str], headers: list[str], path: str
) -> None:
    rest = receiver.path.removeprefix("/outbound-messages")
    asked = path.format(path=receiver.path, rest=rest)
    with connected(receiver) as connection:
        connection.sendall(posted(receiver, GOOD, *headers, path=asked))
        (answer,) = answered(connection)
    assert b" 200 OK\r\n" in answer
    assert by_asgi == ["asgi"]


@pytest.mark.parametrize("cut", [1, 400, -1], ids=["first byte", "in the body", "last byte"])
def test_message_whose_end_comes_later_is_acknowledged(
    receiver: RunningReceiver, by_asgi: list[str], cut: int
) -> None:
    request = posted(receiver)
    with connected(receiver) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(request[:cut])
        assert receiver.post(message(notification("04lMeanwhile"))).ok  # so it has been looked at
        connection.sendall(request[cut:])
        (answer,) = answered(connection)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert by_asgi == ([] if cut == 1 else ["asgi"])
    assert len(receiver.notifications()) == 2


def test_messages_one_upon_the_other_are_answered_in_order(receiver: RunningReceiver) -> None:
    bodies = [message(notification(f"04l{n}")) for n in range(6)]
    bodies[2] = bodies[2][:-3]
    with connected(receiver) as connection:
        connection.sendall(b"".join(posted(receiver, body) for body in bodies))
        answers = answered(connection, len(bodies))
        connection.sendall(posted(receiver, message(notification("04lLast"))))
        answers += answered(connection)
    statuses = [int(answer.split(b" ", 2)[1]) for answer in answers]
    assert statuses == [200, 200, 400, 200, 200, 200, 200]
    assert len(receiver.notifications()) == 6


def test_each_answer_of_a_kept_connection_has_its_own_date(receiver: RunningReceiver) -> None:
    dates: set[bytes] = set()
    with connected(receiver) as connection:

        def told() -> bool:
            connection.sendall(posted(receiver))
            (answer,) = answered(connection)
            dates.update(line for line in answer.split(b"\r\n") if line.startswith(b"date: "))
            time.sleep(0.05)
            return len(dates) > 1

        eventually(told, "the date stands still")


def test_sender_that_went_away_leaves_its_message_stored(
    receiver: RunningReceiver, by_asgi: list[str]
) -> None:
    with connected(receiver) as connection:
        connection.sendall(posted(receiver))
    # Not with a reset: that would take back what the server has not read yet.
    eventually(receiver.notifications, "not stored")
    assert receiver.post(GOOD).ok
    assert by_asgi == []


def test_what_is_no_request_is_refused_beside_a_message_half_come(
    receiver: RunningReceiver, by_asgi: list[str]
) -> None:
    head = posted(receiver).partition(b"\r\n\r\n")[0] + b"\r\nContent-Length: 7\r\n\r\n"
    with connected(receiver) as connection:
        connection.sendall(head + GOOD.encode())
        assert connection.recv(1000).startswith(b"HTTP/1.1 400 ")
    assert by_asgi == []


def test_fault_of_the_bridge_is_no_acknowledgement_and_tells_no_content(
    receiver: RunningReceiver,
    by_asgi: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("ada@example.org")

    with monkeypatch.context() as broken, caplog.at_level(logging.INFO):
        broken.setattr("bridge.inbox.receive.same_organization", fail)
        assert receiver.post(GOOD).status_code == 500
    (record,) = [record for record in caplog.records if record.message == "fault_in_message"]
    assert record.error == "ValueError"  # type: ignore[attr-defined]
    assert "ada@" not in str(vars(record))
    assert by_asgi == []
    assert receiver.post(GOOD).ok


def test_last_answer_of_a_connection_says_so() -> None:
    said = answer(503, b"body", [(b"date", b"now")], is_last=True)
    assert said.split(b"\r\n") == [
        b"HTTP/1.1 503 Service Unavailable",
        b"date: now",
        b"content-type: text/xml; charset=utf-8",
        b"content-length: 4",
        b"connection: close",
        b"",
        b"body",
    ]
