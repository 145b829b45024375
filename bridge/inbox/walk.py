"""Walks the elements of an outbound message in constant memory; pure, knows no field and no id.

Expat is given pieces of 64 KB, because it works through the rest of its piece before a refusal
shows, and because it keeps every open tag and every name that it has seen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.parsers import expat

from bridge.errors import NotAnOutboundMessage

if TYPE_CHECKING:
    from collections.abc import Callable

ANY_DEPTH = 1 << 30
"""For a message that was checked when it came: no limit holds."""
PIECE_BYTES = 1 << 16
_TAG_BYTES = 1 << 18
_NAMES = 20_000
_PROLOG = re.compile(rb"(?:[ \t\r\n]+|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_WAY = ("Envelope", "Body", "notifications", "Notification", "sObject")

NOTIFICATIONS, NOTIFICATION, SOBJECT = 3, 4, 5


class Walk:
    """One walk through one message; a subclass says what it wants of it.

    The way is envelope, body, notifications, notification, sObject: `entered` and `left` tell of
    its elements by their depth, `found` of their other children, `passed` of anything deeper.

    Args:
        text: The message in UTF-8, without a byte-order mark.
        max_depth: Deepest nesting that is accepted, the root counting 1.
    """

    def __init__(self, text: bytes, max_depth: int) -> None:
        self.text = text
        self.max_depth = max_depth
        self.depth = 0
        self.on_way = 0
        self.at_end: dict[int, Callable[[], None]] = {}
        self.local_names: dict[str, str] = {}
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.ordered_attributes = True
        self.parser.StartDoctypeDeclHandler = _refuse_document_type
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def entered(self, depth: int, attributes: list[str]) -> None:
        """Take the start of an element of the way."""

    def left(self, depth: int) -> None:
        """Take the end of an element of the way."""

    def found(self, depth: int, local: str, attributes: list[str]) -> None:
        """Take the start of another child of the innermost element of the way."""

    def passed(self, depth: int, local: str) -> None:
        """Take the start of anything deeper."""

    def read(self) -> None:
        """Walk from the first byte to the last.

        Raises:
            NotAnOutboundMessage: If the message is refused.
        """
        prolog = _PROLOG.match(self.text)
        if prolog and self.text.startswith(b"<!", prolog.end()):
            _refuse_document_type()
        text = memoryview(self.text)
        try:
            for start in range(0, len(text), PIECE_BYTES):
                self.parser.Parse(text[start : start + PIECE_BYTES], False)  # noqa: FBT003 - takes no keywords
                if start - self.parser.CurrentByteIndex > _TAG_BYTES:
                    raise NotAnOutboundMessage("too_much", "a tag or comment of more than 256 KB")
            self.parser.Parse(b"", True)  # noqa: FBT003
        except expat.ExpatError as error:
            raise NotAnOutboundMessage(
                "malformed",
                f"not well-formed: {expat.ErrorString(error.code)}, "
                f"line {error.lineno}, column {error.offset + 1}",
            ) from None

    def capture(self, depth: int, take: Callable[[str], None]) -> None:
        """Hand the text of the element that just started at this depth to `take` at its end."""
        text: list[str] = []

        def finish() -> None:
            self.parser.CharacterDataHandler = None
            take("".join(text))

        self.parser.CharacterDataHandler = text.append
        self.at_end[depth] = finish

    def _start(self, name: str, attributes: list[str]) -> None:
        self.depth = depth = self.depth + 1
        if depth > self.max_depth:
            raise NotAnOutboundMessage("depth", f"nested deeper than {self.max_depth} elements")
        if attributes:
            for known in attributes[::2]:
                if known not in self.local_names:
                    self._learn(known)
        local = self.local_names.get(name) or self._learn(name)
        if depth == self.on_way + 1:
            if depth <= SOBJECT and local == _WAY[self.on_way]:
                self.on_way = depth
                self.entered(depth, attributes)
            else:
                self.found(depth, local, attributes)
        else:
            self.passed(depth, local)

    def _end(self, _name: str) -> None:
        depth = self.depth
        self.depth = depth - 1
        if depth == self.on_way:
            self.on_way -= 1
            self.left(depth)
        elif finish := self.at_end.pop(depth, None):
            finish()

    def _learn(self, name: str) -> str:
        if len(self.local_names) >= _NAMES and self.max_depth < ANY_DEPTH:
            raise NotAnOutboundMessage("too_much", f"more than {_NAMES} different names")
        local = self.local_names[name] = name.rpartition(":")[2]
        return local


def attribute(attributes: list[str], local: str) -> str | None:
    """Return the value of the attribute with this local name, trimmed.

    >>> attribute(["xsi:type", "sf:Contact"], "type")
    'sf:Contact'
    """
    for name, value in zip(attributes[::2], attributes[1::2], strict=True):
        if name.rpartition(":")[2] == local:
            return value.strip()
    return None


def is_nil(attributes: list[str]) -> bool:
    """Tell whether an element says that it is nil."""
    return bool(attributes) and attribute(attributes, "nil") in {"true", "1"}


def _refuse_document_type(*_declaration: object) -> None:
    raise NotAnOutboundMessage("document_type", "a document type is not accepted")
