"""A call of an application without a network, and how to repeat it with curl."""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message

_OTHERS = "/:@!$&'()*+,;=-._~"


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is sent.

    Attributes:
        path: Decoded.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def curl(self) -> str:
        """Return the command that sends the same to a sandbox at $BASE."""
        query = f"?{urlencode(self.query, errors='surrogatepass')}" if self.query else ""
        parts = ["curl", "-i", "-X", self.method]
        parts += [f"-H{name}: {value}" for name, value in self.headers.items()]
        if self.body:
            parts.append(f"--data-binary={self.body.decode('latin-1')}")
        return f'{shlex.join(parts)} "$BASE"{shlex.quote(_quoted(self.path) + query)}'


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    media_type: str
    body: bytes


def call(app: ASGIApp, given: Call) -> Answer:
    """Serve a call; what the application raises is raised here."""
    return asyncio.run(_call(app, given))


async def _call(app: ASGIApp, given: Call) -> Answer:
    query = urlencode(given.query, errors="surrogatepass").encode("ascii")
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": given.method,
        "scheme": "http",
        "path": unquote(_quoted(given.path)),  # as servers read it: no halves of pairs
        "raw_path": _quoted(given.path).encode("ascii"),
        "root_path": "",
        "query_string": query,
        "headers": [
            (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in given.headers.items()
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
        "extensions": {},
    }
    waiting = [{"type": "http.request", "body": given.body, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0].get("headers", [])}
    return Answer(
        status=sent[0]["status"],
        media_type=headers.get("content-type", ""),
        body=b"".join(each.get("body", b"") for each in sent),
    )


def _quoted(path: str) -> str:
    return quote(path, safe=_OTHERS, errors="surrogatepass")
