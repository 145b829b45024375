"""An answer leaves in one piece, and nothing that was written is lost."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from bridge.corked import CorkedTransport


class _Transport:
    """Notes what it is told to send."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.sent.append(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def get_extra_info(self, name: str) -> Any:
        return f"the {name}"


async def _corked(act: str) -> _Transport:
    transport = _Transport()
    writer = CorkedTransport(cast("asyncio.Transport", transport), asyncio.get_running_loop())
    writer.write(b"head")
    writer.writelines([b"body", b"more"])
    if act == "close":
        writer.close()
    else:
        assert transport.sent == []
        await asyncio.sleep(0)
    return transport


@pytest.mark.parametrize("act", ["close", "wait"])
def test_the_writes_of_one_turn_are_sent_together(act: str) -> None:
    transport = asyncio.run(_corked(act))
    assert transport.sent == [b"headbodymore"]
    assert transport.is_closed == (act == "close")


@pytest.mark.parametrize(
    ("kept", "state", "sent"),
    [
        ([], "open", [b"now"]),
        ([b"before", b"that"], "open", [b"beforethatnow"]),
        ([], "gone", []),
        ([b"before"], "gone", []),
    ],
)
def test_what_must_go_at_once_goes_behind_what_was_kept(
    kept: list[bytes], state: str, sent: list[bytes]
) -> None:
    async def write() -> _Transport:
        transport = _Transport()
        writer = CorkedTransport(cast("asyncio.Transport", transport), asyncio.get_running_loop())
        writer.writelines(kept)
        transport.is_closed = state == "gone"
        writer.write_at_once(b"now")
        return transport

    assert asyncio.run(write()).sent == sent


def test_nothing_is_sent_to_a_connection_that_is_gone() -> None:
    async def write_and_lose() -> _Transport:
        transport = _Transport()
        writer = CorkedTransport(cast("asyncio.Transport", transport), asyncio.get_running_loop())
        writer.write(b"too late")
        transport.is_closed = True
        await asyncio.sleep(0)
        return transport

    assert asyncio.run(write_and_lose()).sent == []


def test_everything_else_is_the_transport_s_own() -> None:
    async def ask() -> Any:
        writer = CorkedTransport(
            cast("asyncio.Transport", _Transport()), asyncio.get_running_loop()
        )
        return writer.get_extra_info("peername")

    assert asyncio.run(ask()) == "the peername"
