"""The SOAP endpoint: check an outbound message, store it, and only then acknowledge it.

Plain ASGI in front of the application's routes, because a router and a request object cost as much
as everything else that happens here. A short message that came in one piece goes a road that is
shorter still (`bridge.direct`); what is checked and what is answered is the same.
"""

from __future__ import annotations

import asyncio
import logging
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import psycopg

from bridge.errors import (
    ConfigurationError,
    NotAnOutboundMessage,
    RejectedMessage,
    TooLarge,
    UnknownEndpoint,
    UnknownOrganization,
)
from bridge.identity import same_organization
from bridge.inbox.answers import ACK, CONTENT_TYPE, fault
from bridge.inbox.commit import Arrival, NotStored
from bridge.inbox.packing import pack
from bridge.inbox.soap import read_message
from bridge.inbox.turns import Turns
from bridge.metrics import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Message, Receive, Scope, Send

    from bridge.connections.model import Endpoint
    from bridge.inbox.commit import GroupCommit, Promise
    from bridge.inbox.endpoints import Endpoints
    from bridge.inbox.sender import Senders
    from bridge.inbox.soap import ReceivedMessage

PATH: Final = "/outbound-messages/"

_ACK_START: Final = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"content-length", str(len(ACK)).encode()),
    ],
}
_ACK_BODY: Final = {"type": "http.response.body", "body": ACK}
_CHARSET = re.compile(rb"""charset\s*=\s*["']?([^\s;"',]+)""", re.IGNORECASE)
_NOT_PLAIN = frozenset({b"expect", b"transfer-encoding", b"upgrade"})
_BODY_DEADLINE_S = 60.0
# Longer ones are read in a thread: they would hold up every other message in the event loop.
_SHORT_BYTES = 256_000
_TURN_BYTES = 32_000

_EMPTY = MESSAGES.labels("empty")

log = logging.getLogger(__name__)


class Foreseen(NamedTuple):
    """What the head of a request told of a message."""

    endpoint: Endpoint
    charset: str | None


class Receiver:
    """Answers `POST /outbound-messages/{connection}/{secret}`.

    Args:
        endpoints: Where messages are accepted.
        inbox: Stores them.
        senders: Tells who sent a message.
        max_bytes: Largest message that is read.
    """

    def __init__(
        self, endpoints: Endpoints, inbox: GroupCommit, senders: Senders, max_bytes: int
    ) -> None:
        self._endpoints = endpoints
        self._inbox = inbox
        self._senders = senders
        self._max_bytes = max_bytes
        self._turns = Turns(_TURN_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            await self._receive(scope, receive)
        except _Disconnected:
            MESSAGES.labels("disconnected").inc()
        except Exception as error:
            answer = self.refuse(scope, error)
            if answer is None:
                raise
            await _answer(send, *answer)
        else:
            await send(_ACK_START)
            await send(_ACK_BODY)

    def foresee(self, scope: Scope) -> Foreseen | None:
        """Tell what is known from the head alone of a message that needs to wait for nothing.

        None means nothing bad: its address may be a new one, or its body long.
        """
        try:
            head = _read_head(scope["headers"])
        except RejectedMessage:
            return None
        if not head.is_plain or not 0 < head.length <= min(_SHORT_BYTES, self._max_bytes):
            return None
        endpoint = self._endpoints.find(*_address_in(scope["path"]))
        return Foreseen(endpoint, head.charset) if endpoint else None

    def take(self, scope: Scope, foreseen: Foreseen, body: bytes, stored: Promise) -> None:
        """Check a message that was foreseen and have it stored, when its turn comes.

        Args:
            scope: The request.
            foreseen: What its head told.
            body: Its body, complete.
            stored: Is told of the end, a refusal too; a message without notifications is stored as
                soon as it is read.
        """

        def read() -> None:
            try:
                message = _read(body, foreseen.charset)
                arrival = self._check(scope, foreseen.endpoint, message)
                if arrival is None:
                    stored.set_result(None)
                else:
                    self._inbox.add(arrival, stored)
            except Exception as error:  # noqa: BLE001 -- whoever is told decides what to do
                stored.set_exception(error)

        self._turns.call(len(body), read)

    def refuse(self, scope: Scope, error: Exception) -> tuple[int, bytes] | None:
        """Note a failure and return what answers it, status and body; None if it is a fault here.

        Whatever is not an acknowledgement makes Salesforce send the message again.
        """
        if isinstance(error, RejectedMessage):
            MESSAGES.labels(error.cause).inc()
            extra = {"cause": error.cause, "status": error.status}
            sender = self._senders.sender_of(scope)
            log.warning("message_refused", extra=extra | {"from": sender})
            return error.status, fault(error.status, str(error))
        if isinstance(error, (NotStored, psycopg.Error, ConfigurationError)):
            MESSAGES.labels("not_stored").inc()
            log.warning("message_not_acknowledged", extra={"error": type(error).__name__})
            return 503, fault(503, "not stored: send it again")
        return None

    async def _receive(self, scope: Scope, receive: Receive) -> None:
        endpoint = await self._endpoint(scope)
        head = _read_head(scope["headers"])
        if head.length > self._max_bytes:
            raise self._too_large()
        body = await self._body(receive)
        if len(body) <= _SHORT_BYTES:
            await self._turns.wait(len(body))
            message = _read(body, head.charset)
        else:
            message = await asyncio.to_thread(_read, body, head.charset)
        arrival = self._check(scope, endpoint, message)
        if arrival is not None:
            await self._inbox.store(arrival)

    def _check(self, scope: Scope, endpoint: Endpoint, message: ReceivedMessage) -> Arrival | None:
        """Return what is to be stored of a message; None where it holds no notification."""
        if not same_organization(message.organization_id, endpoint.organization_id):
            raise UnknownOrganization(
                "organization", "this address does not serve the organization of the message"
            )
        if not message.notifications:
            _EMPTY.inc()
            return None
        connection_id = endpoint.connection_id
        consent = self._endpoints.is_consent(connection_id, message.action_id)
        return Arrival(connection_id, message, self._senders.sender_of(scope), consent)

    async def _endpoint(self, scope: Scope) -> Endpoint:
        if scope["method"] != "POST":
            raise _NotPost("method", "outbound messages are sent by POST")
        address = _address_in(scope["path"])
        endpoint = self._endpoints.find(*address) or await self._endpoints.look_again(*address)
        if endpoint is None:
            raise UnknownEndpoint("endpoint", "no connection has this address")
        return endpoint

    async def _body(self, receive: Receive) -> bytes:
        event = await receive()
        if event["type"] == "http.request" and not event.get("more_body"):
            body: bytes = event.get("body", b"")
            if len(body) > self._max_bytes:
                raise self._too_large()
            return body
        try:
            async with asyncio.timeout(_BODY_DEADLINE_S):
                return await self._rest_of_body(event, receive)
        except TimeoutError:
            raise _TooSlow("slow", f"not complete after {_BODY_DEADLINE_S:.0f} s") from None

    async def _rest_of_body(self, event: Message, receive: Receive) -> bytes:
        body = bytearray()
        while event["type"] == "http.request":
            body += event.get("body", b"")
            if len(body) > self._max_bytes:
                raise self._too_large()
            if not event.get("more_body"):
                return bytes(body)
            event = await receive()
        raise _Disconnected

    def _too_large(self) -> TooLarge:
        return TooLarge("too_large", f"larger than {self._max_bytes} bytes")


def _read(body: bytes, charset: str | None) -> ReceivedMessage:
    message = read_message(body, charset=charset)
    packed = pack(message.body)
    return message if packed is message.body else message._replace(body=packed)


class _NotPost(RejectedMessage):
    status = 405


class _TooSlow(RejectedMessage):
    status = 408


class _Disconnected(Exception):
    """The sender went away before the message was complete."""


class _Head(NamedTuple):
    """The headers that matter here.

    Attributes:
        length: Of the body in bytes; 0 where it is not told.
        is_plain: Whether the body follows by itself, and then the next request.
    """

    charset: str | None
    length: int
    is_plain: bool


def _read_head(headers: Iterable[tuple[bytes, bytes]]) -> _Head:
    charset, length, is_plain = None, 0, True
    for name, value in headers:
        if name == b"content-type":
            charset = _charset_of(value)
        elif name == b"content-length":
            length = int(value)
        elif name == b"content-encoding" and value.strip().lower() not in {b"", b"identity"}:
            raise NotAnOutboundMessage("content_encoding", "a compressed body is not accepted")
        elif name in _NOT_PLAIN:
            is_plain = False
    return _Head(charset, length, is_plain)


def _address_in(path: str) -> tuple[str, str]:
    """Return the name and the secret that a path consists of.

    >>> _address_in("/outbound-messages/firm/secret")
    ('firm', 'secret')
    """
    name, _, secret = path.removeprefix(PATH).partition("/")
    return name, secret


@lru_cache(maxsize=64)
def _charset_of(content_type: bytes) -> str | None:
    found = _CHARSET.search(content_type)
    return found[1].decode("latin-1") if found else None


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    if status == _NotPost.status:
        headers.append((b"allow", b"POST"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
