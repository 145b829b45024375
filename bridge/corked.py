"""Sends what a connection writes in one turn of the event loop together.

Uvicorn writes the head of an answer and its body apart. For an acknowledgement, which is short,
that is two system calls and two packets, a tenth of what receiving a message costs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable


class CorkedProtocol(HttpToolsProtocol):
    """Uvicorn's protocol on a transport that sends the writes of one turn together."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(cast("asyncio.Transport", CorkedTransport(transport, self.loop)))


class CorkedTransport:
    """A transport that keeps what is written until the loop's next turn."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._kept: list[bytes | bytearray | memoryview] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep what is to be sent."""
        if not self._kept:
            self._loop.call_soon(self._send)
        self._kept.append(data)

    def writelines(self, chunks: Iterable[bytes | bytearray | memoryview]) -> None:
        """Keep several pieces of what is to be sent."""
        for chunk in chunks:
            self.write(chunk)

    def write_at_once(self, data: bytes) -> None:
        """Send what was kept and this, without waiting for the loop's next turn."""
        if self._kept:
            self._kept.append(data)
            self._send()
        elif not self._transport.is_closing():
            self._transport.write(data)

    def close(self) -> None:
        """Send what was kept and close the connection."""
        self._send()
        self._transport.close()

    def _send(self) -> None:
        kept, self._kept = self._kept, []
        if kept and not self._transport.is_closing():
            self._transport.write(b"".join(kept))
