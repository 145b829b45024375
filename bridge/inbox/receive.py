"""The SOAP endpoint: check an outbound message, store it, and only then acknowledge it.

Plain ASGI in front of the application's routes, because a router and a request object cost as much
as everything else that happens here.
"""

from __future__ import annotations

import asyncio
import logging
import re
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

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
    from starlette.types import Message, Receive, Scope, Send

    from bridge.connections.model import Endpoint
    from bridge.inbox.commit import GroupCommit
    from bridge.inbox.endpoints import Endpoints
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
_BODY_DEADLINE_S = 60.0
# Longer ones are read in a thread: they would hold up every other message in the event loop.
_SHORT_BYTES = 256_000
_TURN_BYTES = 32_000

_EMPTY = MESSAGES.labels("empty")

log = logging.getLogger(__name__)


class Receiver:
    """Answers `POST /outbound-messages/{connection}/{secret}`.

    Args:
        endpoints: Where messages are accepted.
        inbox: Stores them.
        max_bytes: Largest message that is read.
    """

    def __init__(self, endpoints: Endpoints, inbox: GroupCommit, max_bytes: int) -> None:
        self._endpoints = endpoints
        self._inbox = inbox
        self._max_bytes = max_bytes
        self._turns = Turns(_TURN_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            await self._receive(scope, receive)
        except RejectedMessage as refusal:
            MESSAGES.labels(refusal.cause).inc()
            log.warning(
                "message_refused",
                extra={"cause": refusal.cause, "status": refusal.status, "from": _client(scope)},
            )
            await _answer(send, refusal.status, fault(refusal.status, str(refusal)))
        except (NotStored, psycopg.Error, ConfigurationError) as error:
            MESSAGES.labels("not_stored").inc()
            log.warning("message_not_acknowledged", extra={"error": type(error).__name__})
            await _answer(send, 503, fault(503, "not stored: send it again"))
        except _Disconnected:
            MESSAGES.labels("disconnected").inc()
        else:
            await send(_ACK_START)
            await send(_ACK_BODY)

    async def _receive(self, scope: Scope, receive: Receive) -> None:
        endpoint = await self._endpoint(scope)
        charset, length = _read_headers(scope)
        if length > self._max_bytes:
            raise self._too_large()
        body = await self._body(receive)
        if len(body) <= _SHORT_BYTES:
            await self._turns.wait(len(body))
            message = _read(body, charset)
        else:
            message = await asyncio.to_thread(_read, body, charset)
        if not same_organization(message.organization_id, endpoint.organization_id):
            raise UnknownOrganization(
                "organization", "this address does not serve the organization of the message"
            )
        if not message.notifications:
            _EMPTY.inc()
            return
        connection_id = endpoint.connection_id
        consent = self._endpoints.is_consent(connection_id, message.action_id)
        await self._inbox.store(Arrival(connection_id, message, _client(scope), consent))

    async def _endpoint(self, scope: Scope) -> Endpoint:
        if scope["method"] != "POST":
            raise _NotPost("method", "outbound messages are sent by POST")
        name, _, secret = scope["path"].removeprefix(PATH).partition("/")
        endpoint = self._endpoints.find(name, secret) or await self._endpoints.look_again(
            name, secret
        )
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


def _read_headers(scope: Scope) -> tuple[str | None, int]:
    """Return charset and length in bytes, 0 where it is not told."""
    charset, length = None, 0
    for name, value in scope["headers"]:
        if name == b"content-type":
            charset = _charset_of(value)
        elif name == b"content-length":
            length = int(value)
        elif name == b"content-encoding" and value.strip().lower() not in {b"", b"identity"}:
            raise NotAnOutboundMessage("content_encoding", "a compressed body is not accepted")
    return charset, length


@lru_cache(maxsize=64)
def _charset_of(content_type: bytes) -> str | None:
    found = _CHARSET.search(content_type)
    return found[1].decode("latin-1") if found else None


def _client(scope: Scope) -> str | None:
    client = scope.get("client")
    return _address(client[0]) if client else None


@lru_cache(maxsize=256)
def _address(host: str) -> str | None:
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return None


async def _answer(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", CONTENT_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    if status == _NotPost.status:
        headers.append((b"allow", b"POST"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
