"""Which encoding the bytes of an outbound message are in, and the same text in UTF-8; pure.

A byte-order mark beats the HTTP charset, which beats the XML declaration (RFC 7303, section 3).
Accepted are UTF-8, UTF-16 with a mark, US-ASCII and the single-byte encodings that extend ASCII.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from bridge.errors import NotAnOutboundMessage

UTF_8 = "utf-8"

_DECLARED = re.compile(rb"\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([^\"'>]*)[\"']")
_DECLARATION_BYTES = 512
# What the first bytes give away where no ASCII declaration can be read: never accepted, but named.
_FOREIGN_STARTS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"<\x00\x00\x00", "UTF-32"),
    (b"\x00\x00\x00<", "UTF-32"),
    (b"<\x00", "UTF-16 without a byte-order mark"),
    (b"\x00<", "UTF-16 without a byte-order mark"),
    (b"\x4c\x6f\xa7\x94", "EBCDIC"),
)
_BLANKS = b" \t\r\n"
_USUAL_STARTS = (b"<?xml ", b"<soap")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")
# The single-byte families among Python's codecs; `cp` also holds multi-byte pages and EBCDIC, which
# the look at their 256 characters below leaves out.
_SINGLE_BYTE = re.compile(r"iso8859-\d+|cp\d+|koi8-[rtu]|mac-\w+|tis-620|kz1048|ptcp154|hp-roman8")
_ASCII = "".join(map(chr, range(128)))


def encoding_of(body: bytes, charset: str | None) -> str:
    """Return the encoding of a message, by the name of Python's codec.

    Args:
        body: The message as it came.
        charset: The `charset` of the HTTP content type, if it has one.

    Raises:
        NotAnOutboundMessage: If the encoding is not one that is read here; the message names it.

    >>> encoding_of(b'<?xml version="1.0" encoding="windows-1252"?><a/>', None)
    'cp1252'
    """
    if not body.startswith(_USUAL_STARTS):
        for start, name in _FOREIGN_STARTS:
            if body.startswith(start):
                raise _refused(name)
        if body.startswith(codecs.BOM_UTF8):
            return UTF_8
        if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
    if charset:
        return _accepted(charset)
    declared = _DECLARED.match(body, 0, _DECLARATION_BYTES)
    return _accepted(declared[1].decode("latin-1")) if declared else UTF_8


def to_utf_8(body: bytes, encoding: str) -> bytes:
    """Return the text of a message in UTF-8, without a byte-order mark or blanks before it.

    Blanks before the XML declaration come from senders that build messages by hand. Bytes that
    claim to be UTF-8 are not looked at: the parser refuses what is not.

    Raises:
        NotAnOutboundMessage: If the bytes are not text in that encoding.
    """
    if encoding == UTF_8:
        return body.removeprefix(codecs.BOM_UTF8).lstrip(_BLANKS)
    try:
        return body.decode(encoding).encode().lstrip(_BLANKS)
    except UnicodeDecodeError as error:
        raise NotAnOutboundMessage(
            "encoding", f"byte {error.start} is not text in {encoding}"
        ) from None


def from_utf_8(text: bytes, encoding: str, original: bytes) -> bytes:
    """Return UTF-8 text in the encoding, and with the byte-order mark, of the original message."""
    if encoding == UTF_8:
        return codecs.BOM_UTF8 + text if original.startswith(codecs.BOM_UTF8) else text
    if encoding == "utf-16":
        big_endian = original.startswith(codecs.BOM_UTF16_BE)
        return original[:2] + text.decode().encode("utf-16-be" if big_endian else "utf-16-le")
    return text.decode().encode(encoding)


@lru_cache(maxsize=64)
def _accepted(name: str) -> str:
    name = name.strip()
    if _NAME.fullmatch(name):
        try:
            codec = codecs.lookup(name).name
        except LookupError:
            codec = ""
        if codec in {UTF_8, "ascii"} or (_SINGLE_BYTE.fullmatch(codec) and _extends_ascii(codec)):
            return codec
        if codec.startswith("utf-16"):
            raise _refused(f"{name} without a byte-order mark")
    raise _refused(name)


def _extends_ascii(codec: str) -> bool:
    characters = bytes(range(256)).decode(codec, "replace")
    return len(characters) == len(bytes(range(256))) and characters.startswith(_ASCII)


def _refused(name: str) -> NotAnOutboundMessage:
    return NotAnOutboundMessage("encoding", f"the encoding {name[:60]!r} is not read here")
