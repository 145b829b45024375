"""Reads the ids of messages in the very layout that Salesforce writes, much faster than a walk.

Patterns find the ids, without looking at the fields between a record's id and the end of its
sObject; expat, with nothing to tell, finds whether the whole is well-formed. A message that is laid
out in any other way is left to the walk, so this module may give up but never guess:

* The patterns account for every byte but those fields, and hold no comment, CDATA section or
  instruction; expat tells of these in the fields. So what looks like a tag is one.
* An element opened in the fields is closed there: `</sObject>` follows, and a second sObject would
  leave the first open at the end.
* An element has an end, so fewer ends than levels left cannot be too deep.

What stands before the first notification is the same in all messages of one definition, so that is
read once.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from xml.parsers import expat

from bridge.inbox.heads import NotificationHead, digest_of
from bridge.inbox.walk import PIECE_BYTES, SOBJECT

# Expat keeps each different name, and only a walk counts these.
_MOST_BYTES = 1 << 20
_MOST_FIELDS_BYTES = PIECE_BYTES

_OPENING = re.compile(
    rb"(?:<\?xml [^<>]*\?>)?\s*"
    rb"<((?:\w+:)?)Envelope(?: [^<>]*)?>\s*<\1Body(?: [^<>]*)?>\s*<notifications(?: [^<>]*)?>\s*"
    rb"<OrganizationId>\s*(\w{1,255})\s*</OrganizationId>\s*"
    rb"<ActionId>\s*(\w{1,255})\s*</ActionId>\s*"
    rb"<SessionId(?: [^<>]*)?/>\s*"
    rb"(?:<EnterpriseUrl>[^<]*</EnterpriseUrl>\s*)?(?:<PartnerUrl>[^<]*</PartnerUrl>\s*)?"
)
_MOST_OPENING_BYTES = 4_000
_SHORT_BYTES = 8_000
_NOTIFICATION_START = b"<Notification>"
_NOTIFICATION = re.compile(
    rb"<Notification>\s*<Id>\s*(\w{1,255})\s*</Id>\s*"
    rb"<sObject( [^<>]*)>\s*<((?:\w+:)?)Id>\s*(\w{1,255})\s*</\3Id>"
)
_FIELDS_END = b"</sObject>"
_NOTIFICATION_END = re.compile(rb"</sObject>\s*()</Notification>\s*")
_CLOSING = re.compile(rb"</notifications>\s*</((?:\w+:)?)Body>\s*</\1Envelope>\s*")
_NAMESPACE = rb" xmlns:\w+=\"[\w.:/-]*\""
_TYPE = re.compile(rb" xsi:type=\"\w+:(\w{1,255})\"(?:" + _NAMESPACE + rb")?")
_TYPE_LAST = re.compile(_NAMESPACE + rb" xsi:type=\"\w+:(\w{1,255})\"")
_SESSION = b"essionId"


class _Opening(NamedTuple):
    """What stands before the first notification.

    Attributes:
        prefix: Of the envelope's elements, with its colon.
    """

    prefix: bytes
    organization_id: str
    action_id: str


def read_plain(text: bytes, max_depth: int) -> tuple[str, str, tuple[NotificationHead, ...]] | None:
    """Return organization, action and notifications, or None where a walk must find them.

    Args:
        text: The message in UTF-8, without a byte-order mark.
        max_depth: Deepest nesting that is accepted, the root counting 1.
    """
    at = text.find(_NOTIFICATION_START, 0, _MOST_OPENING_BYTES)
    opening = _read_opening(text[:at]) if at > 0 and len(text) <= _MOST_BYTES else None
    if opening is None:
        return None
    most_ends = max_depth - SOBJECT - 1
    heads = []
    first = at
    while found := _NOTIFICATION.match(text, at):
        start = found.end()
        end = text.find(_FIELDS_END, start, start + _MOST_FIELDS_BYTES)
        closed = _NOTIFICATION_END.match(text, end) if end >= 0 else None
        notification_id, attributes, _, record_id = found.groups()
        object_name = _object_name(attributes)
        if (
            closed is None
            or object_name is None
            or _may_exceed(most_ends, text, start, end)
            or text.find(_SESSION, start, end) >= 0
        ):
            return None
        digest = digest_of(text[at : closed.start(1)])
        heads.append(
            NotificationHead(notification_id.decode(), object_name, record_id.decode(), digest)
        )
        at = closed.end()
    closing = _CLOSING.fullmatch(text, at)
    if closing is None or closing[1] != opening.prefix:
        return None
    # The opening was checked once: to leave it out tells in a short message, not in a long one.
    rest = b"<all>%s</all>" % text[first:at] if len(text) < _SHORT_BYTES else text
    if not _is_well_formed_and_plain(rest):
        return None
    return opening.organization_id, opening.action_id, tuple(heads)


@lru_cache(maxsize=256)
def _read_opening(text: bytes) -> _Opening | None:
    """Return what an opening says; it is the same in all messages of one definition."""
    found = _OPENING.fullmatch(text)
    if found is None:
        return None
    prefix = found[1]
    end = b"</notifications></%sBody></%sEnvelope>" % (prefix, prefix)
    if not _is_well_formed_and_plain(text + end):
        return None
    return _Opening(prefix, found[2].decode(), found[3].decode())


def _may_exceed(most_ends: int, text: bytes, start: int, end: int) -> bool:
    """Tell whether elements may be nested too deep; one character is counted faster than two."""
    return text.count(b"/", start, end) > most_ends < text.count(b"</", start, end)


@lru_cache(maxsize=256)
def _object_name(attributes: bytes) -> str | None:
    found = _TYPE.fullmatch(attributes) or _TYPE_LAST.fullmatch(attributes)
    return found[1].decode() if found and found[1] != b"sObject" else None


def _is_well_formed_and_plain(text: bytes) -> bool:
    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = _give_up
    parser.CommentHandler = _give_up
    parser.StartCdataSectionHandler = _give_up
    parser.ProcessingInstructionHandler = _give_up
    try:
        parser.Parse(text, True)  # noqa: FBT003 - takes no keywords
    except (expat.ExpatError, _NotPlain):
        return False
    return True


class _NotPlain(Exception):
    """There is markup that the patterns cannot see."""


def _give_up(*_markup: object) -> None:
    raise _NotPlain
