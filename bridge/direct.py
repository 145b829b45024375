"""The direct road: a message that came in one piece is taken without a task of its own.

What a short message costs is in good part the cycle, the task, the coroutines and the checked
headers of a request that could be anything, and its answer leaves only when the next transaction
has begun. Here the parser's callbacks give the message to the receiver, and whoever commits it
writes the answer there and then. Every other request, and a message that needs to wait for its body
or its endpoint, goes through ASGI as ever; so does everything under any other server.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from bridge.corked import CorkedProtocol
from bridge.inbox.answers import ACK, CONTENT_TYPE
from bridge.inbox.receive import PATH
from bridge.log import place

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

    from bridge.corked import CorkedTransport
    from bridge.inbox.receive import Foreseen, Receiver

_PATH = PATH.encode()
_TO_ANOTHER_ROAD = (b"%", b"?", b"#")
_FAULT_HERE = (500, b"")

log = logging.getLogger(__name__)


class DirectRoad:
    """Makes a protocol for each connection: the `http` of uvicorn's configuration.

    Args:
        receiver: Takes the messages.
    """

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self._headers: Iterable[tuple[bytes, bytes]] = ()
        self._acknowledgement = b""

    def __call__(self, **given: Any) -> DirectProtocol:
        """Return a protocol that serves one connection; takes what uvicorn's own takes."""
        return DirectProtocol(self, **given)

    def acknowledgement(self, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        """Return the answer to a stored message, under the server's headers of this second."""
        if headers is not self._headers:
            self._acknowledgement = answer(200, ACK, headers)
            self._headers = headers
        return self._acknowledgement


class DirectProtocol(CorkedProtocol):
    """Uvicorn's protocol, with a shorter way for messages that came in one piece."""

    def __init__(self, road: DirectRoad, **given: Any) -> None:
        super().__init__(**given)
        self.road = road
        self._foreseen: Foreseen | None = None
        self._pieces: list[bytes] = []

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection whose answers leave before the next transaction begins.

        A server of few cores then has its senders at work while the database is. The loop would
        write at the end of its turn, unless as much is buffered as the limit says.
        """
        transport.set_write_buffer_limits(high=0)
        super().connection_made(transport)

    def write_at_once(self, content: bytes) -> None:
        """Send an answer before anything else is done."""
        cast("CorkedTransport", self.transport).write_at_once(content)

    def data_received(self, data: bytes) -> None:
        """Take what came; a message whose end did not come with it is left to ASGI."""
        super().data_received(data)
        if self._foreseen is None:
            return
        pieces = self._leave_road()
        if not self.transport.is_closing():
            super().on_headers_complete()
            for piece in pieces:
                super().on_body(piece)

    def on_headers_complete(self) -> None:
        """Look whether a request may go the direct road."""
        self._foreseen = self._foresee()
        if self._foreseen is None:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        if self._foreseen is None:
            super().on_body(body)
        else:
            self._pieces.append(body)

    def on_message_complete(self) -> None:
        """Give a message that is complete to the receiver."""
        foreseen = self._foreseen
        if foreseen is None:
            super().on_message_complete()
            return
        pieces = self._leave_road()
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        exchange = _Exchange(self, self.scope)
        self.cycle = exchange  # type: ignore[assignment]
        self.road.receiver.take(self.scope, foreseen, body, exchange)  # type: ignore[arg-type]

    def _foresee(self) -> Foreseen | None:
        if (
            not self.url.startswith(_PATH)
            or self._is_answering()
            or self.parser.get_method() != b"POST"
            or self.parser.get_http_version() != "1.1"
            or not self.parser.should_keep_alive()
            or not self.url.isascii()
            or any(mark in self.url for mark in _TO_ANOTHER_ROAD)
            or self.flow.write_paused
        ):
            return None
        self.scope["path"] = self.url.decode("ascii")
        return self.road.receiver.foresee(self.scope)  # type: ignore[arg-type]

    def _is_answering(self) -> bool:
        cycle: Any = self.cycle  # uvicorn says that there always is one
        return cycle is not None and not cycle.response_complete

    def _leave_road(self) -> list[bytes]:
        pieces, self._pieces, self._foreseen = self._pieces, [], None
        return pieces


class _Nobody:
    """Stands where uvicorn has somebody to wake."""

    def set(self) -> None:
        return


class _Exchange:
    """One message and its answer: what uvicorn looks at of a cycle, and the receiver of a promise.

    Attributes:
        response_complete: Whether it was answered.
        disconnected: Whether the sender went away; what it sent is stored all the same.
        keep_alive: Whether another request may follow; the server clears it when it stops.
    """

    __slots__ = ("_protocol", "_scope", "disconnected", "keep_alive", "response_complete")

    message_event = _Nobody()

    def __init__(self, protocol: DirectProtocol, scope: Any) -> None:
        self._protocol = protocol
        self._scope = scope
        self.response_complete = False
        self.disconnected = False
        self.keep_alive = True

    def done(self) -> bool:
        return self.response_complete

    def set_result(self, _result: None, /) -> None:
        protocol = self._protocol
        headers = protocol.server_state.default_headers
        if self.keep_alive:
            self._answer(protocol.road.acknowledgement(headers))
        else:
            self._answer(answer(200, ACK, headers, is_last=True))

    def set_exception(self, exception: Exception, /) -> None:
        protocol = self._protocol
        refusal = protocol.road.receiver.refuse(self._scope, exception)
        if refusal is None:
            extra = {"error": type(exception).__name__, "at": place(exception)}
            log.error("fault_in_message", extra=extra)
        status, body = refusal or _FAULT_HERE
        headers = protocol.server_state.default_headers
        self._answer(answer(status, body, headers, is_last=not self.keep_alive))

    def _answer(self, content: bytes) -> None:
        protocol = self._protocol
        self.response_complete = True
        if not self.disconnected:
            protocol.write_at_once(content)
            if not self.keep_alive:
                protocol.transport.close()
        protocol.on_response_complete()


def answer(
    status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]], *, is_last: bool = False
) -> bytes:
    """Return an answer as it goes over the wire.

    Args:
        status: Of HTTP.
        body: A SOAP answer.
        headers: That the server adds to each.
        is_last: Whether the connection is closed after it.
    """
    content = [STATUS_LINE[status]]
    content += [b"%b: %b\r\n" % header for header in headers]
    content.append(b"content-type: %b\r\n" % CONTENT_TYPE.encode())
    content.append(b"content-length: %d\r\n" % len(body))
    if is_last:
        content.append(b"connection: close\r\n")
    return b"".join([*content, b"\r\n", body])
