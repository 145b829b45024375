"""Turns of the event loop: how much may be read of messages before it looks round again.

The loop takes whatever came by all connections before it looks for the database's answer. With no
limit the database would be idle while dozens of messages are read, and then the reader while dozens
are stored.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Turns:
    """Hands out turns in the order in which they are asked for.

    Args:
        most_bytes: Bytes of messages that one turn of the loop reads; the message that exceeds it
            is the last of its turn.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._left = most_bytes
        self._waiting: deque[tuple[Callable[[], None], int]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def wait(self, size: int) -> None:
        """Return when a message of this many bytes may be read."""
        turn = self._running_loop().create_future()
        self.call(size, partial(_come, turn))
        await turn

    def call(self, size: int, read: Callable[[], None]) -> None:
        """Call a reader of so many bytes, at once or when its turn comes; it must not raise."""
        if self._left > 0 and not self._waiting:
            self._take(size)
            read()
        else:
            self._waiting.append((read, size))

    def _take(self, size: int) -> None:
        if self._left == self._most_bytes:
            self._running_loop().call_soon(self._renew)
        self._left -= size

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        # Asking which loop runs is a system call up to Python 3.11: a tenth of a short message.
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    def _renew(self) -> None:
        self._left = self._most_bytes
        while self._waiting and self._left > 0:
            read, size = self._waiting.popleft()
            self._take(size)
            read()


def _come(turn: asyncio.Future[None]) -> None:
    if not turn.done():  # whoever waited may have gone away
        turn.set_result(None)
