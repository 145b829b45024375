"""Ctrl-C and SIGTERM: both end the demo in order, and neither interrupts that end."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOTH = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let either signal raise KeyboardInterrupt; what held before holds again afterwards."""
    before = [(number, signal.getsignal(number)) for number in _BOTH]
    for number in _BOTH:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def ignore_interrupts() -> None:
    """Finish what is going on: a second Ctrl-C would leave programs or files behind."""
    for number in _BOTH:
        signal.signal(number, signal.SIG_IGN)
