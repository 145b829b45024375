"""Reads outbound messages: their ids at receipt, their fields at triage; pure.

Structure is found by local names, so any prefix and both sObject namespaces will do. What
Salesforce sends: SOAP API Developer Guide, "Outbound Messaging".
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bridge.errors import NotAnOutboundMessage
from bridge.inbox.encodings import encoding_of, from_utf_8, to_utf_8
from bridge.inbox.heads import NotificationHead, digest_of
from bridge.inbox.plain import read_plain
from bridge.inbox.walk import (
    ANY_DEPTH,
    NOTIFICATION,
    NOTIFICATIONS,
    SOBJECT,
    Walk,
    attribute,
    is_nil,
)

if TYPE_CHECKING:
    from bridge.salesforce.values import Record

_ID_CHARACTERS = 255
_MOST_NOTIFICATIONS = 1 << 15
_SESSION = frozenset({"SessionId", "sessionId"})
_TAG = re.compile(rb"<([^\s/>]+)")


class ReceivedMessage(NamedTuple):
    """An outbound message that was checked and may be stored.

    Attributes:
        organization_id: As sent, trimmed; None where it is missing.
        action_id: Id of the outbound message's definition, trimmed; None where it is missing.
        notifications: In the order of the message; the same id may stand twice.
        body: The message as it came, with the content of any SessionId taken out.
        encoding: What `read_fields` must be told about the body.
    """

    organization_id: str | None
    action_id: str | None
    notifications: tuple[NotificationHead, ...]
    body: bytes
    encoding: str


class ParsedNotification(NamedTuple):
    """One notification with the fields of its record.

    Attributes:
        notification_id: As sent, trimmed.
        object: API name of the record's object, or None where there is no sObject.
        record_id: As sent, trimmed; None where the notification has no data.
        fields: Local name -> text exactly as sent; None is nil; an absent field has no key.
    """

    notification_id: str
    object: str | None
    record_id: str | None
    fields: Record


def read_message(
    body: bytes, *, charset: str | None = None, max_depth: int = 64
) -> ReceivedMessage:
    """Check an outbound message and return its ids.

    Args:
        body: The message as it came.
        charset: The `charset` of the HTTP content type, if it has one.
        max_depth: Deepest nesting that is accepted, the root counting 1.

    Raises:
        NotAnOutboundMessage: If it is not well-formed, has a document type, is nested deeper, is in
            an encoding that is not read here, or is not an outbound message.
    """
    encoding = encoding_of(body, charset)
    text = to_utf_8(body, encoding)
    if (plain := read_plain(text, max_depth)) is not None:
        return ReceivedMessage(*plain, body, encoding)
    walk = _Heads(text, max_depth)
    walk.read()
    if walk.sessions:
        body = from_utf_8(_without(walk.sessions, text), encoding, body)
    return ReceivedMessage(walk.organization_id, walk.action_id, tuple(walk.heads), body, encoding)


def read_fields(body: bytes, encoding: str) -> list[ParsedNotification]:
    """Return the notifications of a stored message with their fields, in its order.

    Args:
        body: What `read_message` returned.
        encoding: What it found.

    Raises:
        NotAnOutboundMessage: If the body is not one that `read_message` returned.
    """
    reader = _Fields(to_utf_8(body, encoding), ANY_DEPTH)
    reader.read()
    return reader.parsed


class _Notifications(Walk):
    """Knows the notification that the walk is in; what to do with it is the subclass's."""

    def __init__(self, text: bytes, max_depth: int) -> None:
        super().__init__(text, max_depth)
        self.saw_notifications = False
        self.notification_id: str | None = None
        self.object: str | None = None
        self.is_nil = False

    def read(self) -> None:
        super().read()
        if not self.saw_notifications:
            raise NotAnOutboundMessage("structure", "no Envelope, Body, notifications")

    def entered(self, depth: int, attributes: list[str]) -> None:
        if depth == SOBJECT:
            self.is_nil = is_nil(attributes)
            self.object = _object_name(attribute(attributes, "type") or "")
        elif depth == NOTIFICATION:
            self.notification_id = self.object = None
            self.is_nil = False
        elif depth == NOTIFICATIONS:
            if self.saw_notifications:
                raise NotAnOutboundMessage("structure", "more than one `notifications` element")
            self.saw_notifications = True

    def left(self, depth: int) -> None:
        if depth == NOTIFICATION and self.notification_id is None:
            raise NotAnOutboundMessage("structure", "a Notification without Id")

    def found(self, depth: int, local: str, attributes: list[str]) -> None:  # noqa: ARG002
        if depth == NOTIFICATION + 1 and local == "Id" and self.notification_id is None:
            self.capture(depth, self._take_notification_id)

    def _take_notification_id(self, text: str) -> None:
        self.notification_id = _an_id(text)


class _Fields(_Notifications):
    """Reads every field; the message was checked when it came."""

    def __init__(self, text: bytes, max_depth: int) -> None:
        super().__init__(text, max_depth)
        self.parsed: list[ParsedNotification] = []
        self.fields: Record = {}
        self.field: str | None = None
        self.field_text: list[str] = []

    def entered(self, depth: int, attributes: list[str]) -> None:
        super().entered(depth, attributes)
        if depth == NOTIFICATION:
            self.fields = {}

    def left(self, depth: int) -> None:
        super().left(depth)
        if depth == NOTIFICATION and self.notification_id is not None:
            record_id = None if self.is_nil else _an_id(self.fields.get("Id") or "")
            object_name = self.object or _object_name(self.fields.get("type") or "")
            self.parsed.append(
                ParsedNotification(self.notification_id, object_name, record_id, self.fields)
            )

    def _start(self, name: str, attributes: list[str]) -> None:
        # Nearly every element is a field, so these take no way round.
        if self.depth == self.on_way == SOBJECT:
            self.depth += 1
            local = self.local_names.get(name) or self._learn(name)
            if attributes and is_nil(attributes):
                self.fields.setdefault(local, None)
            elif self.fields.get(local) is None:
                self.field = local
                self.parser.CharacterDataHandler = self.field_text.append
        else:
            super()._start(name, attributes)

    def _end(self, name: str) -> None:
        if self.depth == SOBJECT + 1 and self.field is not None:
            self.depth = SOBJECT
            self.parser.CharacterDataHandler = None
            self.fields[self.field] = "".join(self.field_text)
            self.field_text.clear()
            self.field = None
        else:
            super()._end(name)


class _Heads(_Notifications):
    """Reads ids only, and where a SessionId stands."""

    def __init__(self, text: bytes, max_depth: int) -> None:
        super().__init__(text, max_depth)
        self.organization_id: str | None = None
        self.action_id: str | None = None
        self.heads: list[NotificationHead] = []
        self.sessions: list[tuple[int, int]] = []
        self.record_id: str | None = None
        self.started_at = 0
        self.in_session = False

    def entered(self, depth: int, attributes: list[str]) -> None:
        super().entered(depth, attributes)
        if depth == NOTIFICATION:
            self.record_id = None
            self.started_at = self.parser.CurrentByteIndex

    def left(self, depth: int) -> None:
        super().left(depth)
        if depth == NOTIFICATION and self.notification_id is not None:
            if len(self.heads) == _MOST_NOTIFICATIONS:
                raise NotAnOutboundMessage("too_much", f"over {_MOST_NOTIFICATIONS} notifications")
            content = self.text[self.started_at : self.parser.CurrentByteIndex]
            self.heads.append(
                NotificationHead(
                    self.notification_id, self.object, self.record_id, digest_of(content)
                )
            )

    def found(self, depth: int, local: str, attributes: list[str]) -> None:
        if depth == SOBJECT + 1:
            if self.is_nil:
                pass
            elif local == "Id" and self.record_id is None:
                self.capture(depth, self._take_record_id)
            elif local == "type" and self.object is None:
                self.capture(depth, self._take_object)
        elif depth == NOTIFICATIONS + 1 and local in {"OrganizationId", "ActionId"}:
            self.capture(depth, partial(self._take_origin, local))
        else:
            super().found(depth, local, attributes)
        self.passed(depth, local)

    def passed(self, depth: int, local: str) -> None:
        if local in _SESSION and not self.in_session:
            self.in_session = True
            self.at_end[depth] = partial(self._take_session, self.parser.CurrentByteIndex)

    def _take_session(self, start: int) -> None:
        self.in_session = False
        self.sessions.append((start, self.parser.CurrentByteIndex))

    def _take_origin(self, local: str, text: str) -> None:
        value = _an_id(text)
        if local == "ActionId":
            self.action_id = self.action_id or value
        elif self.organization_id is not None:
            raise NotAnOutboundMessage("structure", "more than one OrganizationId")
        else:
            self.organization_id = value

    def _take_record_id(self, text: str) -> None:
        self.record_id = _an_id(text)

    def _take_object(self, text: str) -> None:
        self.object = _object_name(text)


def _without(spans: list[tuple[int, int]], text: bytes) -> bytes:
    """Return the text with each element, from its start to its end tag, reduced to its name."""
    kept, at = [], 0
    for start, end in spans:
        tag = _TAG.match(text, start)
        # The end of an empty element is told where its tag ends: there is nothing to take out.
        if tag and text.startswith(b"</" + tag[1], end):
            kept += [text[at:start], b"<" + tag[1] + b">"]
            at = end
    return b"".join([*kept, text[at:]])


def _an_id(text: str) -> str | None:
    text = text.strip()
    if len(text) > _ID_CHARACTERS:
        raise NotAnOutboundMessage("structure", f"an id of more than {_ID_CHARACTERS} characters")
    return text or None


def _object_name(text: str) -> str | None:
    """Return the name of a qualified type; None where it only says that there is some sObject."""
    name = _an_id(text.rpartition(":")[2])
    return None if name == "sObject" else name
