"""Reads the ids of messages in the very layout that Salesforce writes, twice as fast as a walk.

Patterns find the ids, without looking at the fields between a record's id and the end of its
sObject; expat, with nothing to tell, finds whether the whole is well-formed. A message that is laid
out in any other way is left to the walk, so this module may give up but never guess:

* The patterns account for every byte but those fields, and hold no comment, CDATA section or
  instruction; expat tells of these in the fields. So what looks like a tag is one.
* An element opened in the fields is closed there: `</sObject>` follows, and a second sObject would
  leave the first open at the end.
* An element has an end, so fewer ends than levels left cannot be too deep.
"""

from __future__ import annotations

import re
from functools import lru_cache
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
_NOTIFICATION = re.compile(
    rb"<Notification>\s*<Id>\s*(\w{1,255})\s*</Id>\s*"
    rb"<sObject( [^<>]*)>\s*<((?:\w+:)?)Id>\s*(\w{1,255})\s*</\3Id>"
)
_FIELDS_END = b"</sObject>"
_NOTIFICATION_END = re.compile(rb"</sObject>\s*()</Notification>\s*")
_CLOSING = re.compile(rb"</notifications>\s*</((?:\w+:)?)Body>\s*</\1Envelope>\s*")
_TYPE = re.compile(rb" xsi:type=\"\w+:(\w{1,255})\"(?: xmlns:\w+=\"[^\"&]*\")?")
_TYPE_LAST = re.compile(rb" xmlns:\w+=\"[^\"&]*\" xsi:type=\"\w+:(\w{1,255})\"")
_SESSION = b"essionId"


def read_plain(text: bytes, max_depth: int) -> tuple[str, str, tuple[NotificationHead, ...]] | None:
    """Return organization, action and notifications, or None where a walk must find them.

    Args:
        text: The message in UTF-8, without a byte-order mark.
        max_depth: Deepest nesting that is accepted, the root counting 1.
    """
    opening = _OPENING.match(text, 0, _MOST_BYTES)
    if opening is None or len(text) > _MOST_BYTES:
        return None
    most_ends = max_depth - SOBJECT - 1
    heads = []
    at = opening.end()
    while found := _NOTIFICATION.match(text, at):
        fields = found.end()
        end = text.find(_FIELDS_END, fields, fields + _MOST_FIELDS_BYTES)
        closed = _NOTIFICATION_END.match(text, end) if end >= 0 else None
        object_name = _object_name(found[2])
        if (
            closed is None
            or object_name is None
            or text.count(b"</", fields, end) > most_ends
            or text.find(_SESSION, fields, end) >= 0
        ):
            return None
        content = text[at : closed.start(1)]
        heads.append(
            NotificationHead(found[1].decode(), object_name, found[4].decode(), digest_of(content))
        )
        at = closed.end()
    closing = _CLOSING.fullmatch(text, at)
    if closing is None or closing[1] != opening[1] or not _is_well_formed_and_plain(text):
        return None
    return opening[2].decode(), opening[3].decode(), tuple(heads)


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
