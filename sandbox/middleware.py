"""Around each stand-in: every call is recorded, and faults that are armed strike."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Literal, Protocol

from sandbox.calls import Call
from sandbox.effects import effects_of
from sandbox.faults import LOCKED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from sandbox.faults import Fault
    from sandbox.refusals import CannedAnswer, CannedAnswers
    from sandbox.world import World

TRANSPORT = "sandbox.transport"
"""Extension of the ASGI scope: the connection itself, so that a fault can drop it."""

_CUTS = frozenset({"drop_before", "drop_after", "half_body"})
_NOTICED_S = 0.01

Owner = Literal["bridge", "observer"]


class Restorable(Protocol):
    """State that a lie puts back."""

    def snapshot(self) -> Any:
        """Return the state as it is."""

    def restore(self, snapshot: Any, /) -> None:
        """Put a state back."""


@dataclass
class _Answer:
    """An answer that was made and not yet sent."""

    messages: list[Message] = field(default_factory=list)

    async def keep(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int | None:
        return next((each["status"] for each in self.messages if "status" in each), None)


class Surroundings:
    """ASGI middleware of one side: records calls and lets faults strike.

    Args:
        app: The stand-in's application.
        side: Whose calls these are.
        world: Clock, faults and calls.
        owner_of: Says from an `Authorization` header who calls.
        state: What a lie puts back.
        answers: What faults answer.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        side: Literal["salesforce", "constant_contact"],
        world: World,
        owner_of: Callable[[str | None], Owner | None],
        state: Restorable,
        answers: CannedAnswers,
    ) -> None:
        self._app = app
        self._side = side
        self._world = world
        self._owner_of = owner_of
        self._state = state
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        started = time.perf_counter()
        at = self._world.time()
        owner = self._owner_of(_header(scope, b"authorization"))
        effects = effects_of(scope)
        status: int | None = None

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                date = formatdate(self._world.time(), usegmt=True).encode()
                message = {**message, "headers": [*message["headers"], (b"date", date)]}
            await send(message)

        struck: Sequence[Fault] = ()
        try:
            if self._world.faults.any_for(self._side):
                body = await _read_all(receive)
                struck = self._world.faults.take(
                    self._side,
                    method=scope["method"],
                    path=scope["path"],
                    body=body.decode("utf-8", "replace"),
                    observer=owner == "observer",
                )
                await self._strike(struck, scope, _Replay(body, receive), watch)
            else:
                await self._app(scope, receive, watch)
        finally:
            self._world.calls.record(
                Call(
                    side=self._side,
                    method=scope["method"],
                    path=scope["path"],
                    query=scope["query_string"].decode("latin-1"),
                    status=status,
                    at=at,
                    took_ms=(time.perf_counter() - started) * 1000,
                    owner=owner,
                    faults=tuple(fault.kind for fault in struck),
                    effects=tuple(effects),
                )
            )
        if any(fault.kind in _CUTS for fault in struck):
            # The server must see the cut first, or it would answer 500 into nothing.
            await asyncio.sleep(_NOTICED_S)

    async def _strike(
        self, struck: Sequence[Fault], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve a request on which faults strike: all their waits, then the first other kind."""
        wait_s = sum(fault.latency_s for fault in struck)
        if wait_s:
            await asyncio.sleep(wait_s)
        kind = next((fault.kind for fault in struck if fault.kind != "latency"), None)
        if kind is None:
            await self._app(scope, receive, send)
        elif kind in self._answers:
            await _send_canned(self._answers[kind], send)
        elif kind == "locked":
            await self._app({**scope, LOCKED: True}, receive, send)
        elif kind == "drop_before":
            _drop(scope)
        elif kind == "drop_after":
            await self._app(scope, receive, _Answer().keep)
            _drop(scope)
        elif kind == "half_body":
            answer = _Answer()
            await self._app(scope, receive, answer.keep)
            await _send_half(answer, scope, send)
        else:
            await self._lie(scope, receive, send)

    async def _lie(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the good answer and put the state back.

        The body is there already and handlers do not wait for anything else, so no other call is
        served between the two: nobody else's change is put back.
        """
        before = self._state.snapshot()
        answer = _Answer()
        try:
            await self._app(scope, receive, answer.keep)
        finally:
            self._state.restore(before)
        effects_of(scope).clear()
        for message in answer.messages:
            await send(message)


class _Replay:
    """A `receive` that gives a body that was read already."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


def _header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return None


async def _read_all(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


async def _send_canned(answer: CannedAnswer, send: Send) -> None:
    headers = [
        (b"content-type", answer.media_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


def _drop(scope: Scope) -> None:
    """Cut the connection without an answer."""
    scope["extensions"][TRANSPORT].abort()


async def _send_half(answer: _Answer, scope: Scope, send: Send) -> None:
    """Send the head and half of the body, then cut the connection."""
    body: bytes = b"".join(message.get("body", b"") for message in answer.messages)
    await send(answer.messages[0])
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    scope["extensions"][TRANSPORT].close()
