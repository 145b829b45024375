"""Cuts one notification out of an outbound message, for keeping after the message is gone; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.inbox.encodings import UTF_8, to_utf_8
from bridge.inbox.walk import ANY_DEPTH, NOTIFICATION, Walk

if TYPE_CHECKING:
    from collections.abc import Sequence

PART_ENCODING = UTF_8
"""The encoding of every part, whatever the message was in and its XML declaration still says."""


def parts_of(body: bytes, encoding: str, ordinals: Sequence[int]) -> list[bytes]:
    """Return the message without its other notifications, for each of some notifications.

    A part is an outbound message of its own: `read_fields` finds in it the one notification, with
    the names and namespaces that the whole message declared.

    Args:
        body: A stored message.
        encoding: Its encoding, as stored.
        ordinals: Positions of notifications in the message, from 0.

    Raises:
        NotAnOutboundMessage: If the body is not a stored message.
        IndexError: If the message has fewer notifications.
    """
    text = to_utf_8(body, encoding)
    walk = _Spans(text, ANY_DEPTH)
    walk.read()
    head, tail = text[: walk.spans[0][0]], text[walk.spans[-1][1] :]
    return [head + text[slice(*walk.spans[ordinal])] + tail for ordinal in ordinals]


class _Spans(Walk):
    """Finds where each notification begins and ends."""

    def __init__(self, text: bytes, max_depth: int) -> None:
        super().__init__(text, max_depth)
        self.spans: list[tuple[int, int]] = []
        self.started_at = 0

    def entered(self, depth: int, attributes: list[str]) -> None:  # noqa: ARG002
        if depth == NOTIFICATION:
            self.started_at = self.parser.CurrentByteIndex

    def left(self, depth: int) -> None:
        if depth == NOTIFICATION:
            # A notification has an Id, so this is the start of an end tag.
            end = self.text.index(b">", self.parser.CurrentByteIndex) + 1
            self.spans.append((self.started_at, end))
