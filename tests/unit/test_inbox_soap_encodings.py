"""A mark beats the HTTP charset, which beats the declaration; what cannot be read is named."""

from __future__ import annotations

import codecs

import pytest

from bridge.errors import NotAnOutboundMessage
from bridge.inbox.soap import read_fields, read_message
from tests.outbound import message, notification

WESTERN = "Zoë O\u2019Hara"
CYRILLIC = "Анна"
BEYOND = "Zoë Анна 日本 \U0001f600"


def a_message(name: str, declared: str | None) -> str:
    """Return a message about a person, that declares an encoding."""
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return message(notification(fields={"LastName": name}), declaration=declaration)


@pytest.mark.parametrize(
    ("name", "encoding", "mark", "charset", "declared"),
    [
        pytest.param(BEYOND, "utf-8", b"", None, None, id="nothing said"),
        pytest.param(BEYOND, "utf-8", b"", "UTF-8", "UTF-8", id="all the same"),
        pytest.param(BEYOND, "utf-8", b"", "utf8", None, id="an alias"),
        pytest.param(BEYOND, "utf-8", codecs.BOM_UTF8, None, None, id="UTF-8 mark"),
        pytest.param(
            BEYOND, "utf-8", codecs.BOM_UTF8, "windows-1252", "utf-16", id="mark beats both"
        ),
        pytest.param(BEYOND, "utf-16-le", codecs.BOM_UTF16_LE, None, None, id="UTF-16 LE"),
        pytest.param(BEYOND, "utf-16-be", codecs.BOM_UTF16_BE, None, "UTF-16", id="UTF-16 BE"),
        pytest.param(
            BEYOND, "utf-16-le", codecs.BOM_UTF16_LE, "utf-8", "utf-8", id="UTF-16 mark beats both"
        ),
        pytest.param(BEYOND, "utf-8", b"", "utf-8", "windows-1252", id="charset beats declaration"),
        pytest.param(WESTERN, "cp1252", b"", "windows-1252", "UTF-8", id="charset alone is right"),
        pytest.param(WESTERN, "cp1252", b"", None, "windows-1252", id="declaration alone"),
        pytest.param("Zoë", "latin-1", b"", None, "ISO-8859-1", id="Latin-1"),
        pytest.param("Zoë", "iso8859-15", b"", "iso-8859-15", None, id="Latin-9"),
        pytest.param(CYRILLIC, "koi8-r", b"", "KOI8-R", None, id="KOI8-R"),
        pytest.param(CYRILLIC, "cp1251", b"", None, "windows-1251", id="windows-1251"),
        pytest.param("Ada", "ascii", b"", "us-ascii", None, id="US-ASCII"),
        pytest.param("Ada", "ascii", b"", "US-ASCII", "UTF-8", id="US-ASCII beats declaration"),
    ],
)
def test_message_is_read_in_its_encoding(
    name: str, encoding: str, mark: bytes, charset: str | None, declared: str | None
) -> None:
    body = mark + a_message(name, declared).encode(encoding)
    read = read_message(body, charset=charset)
    (parsed,) = read_fields(read.body, read.encoding)
    assert parsed.fields["LastName"] == name
    assert read.body == body


@pytest.mark.parametrize(
    ("body", "charset", "named"),
    [
        pytest.param(b"<a/>", "utf-7", "utf-7", id="UTF-7"),
        pytest.param(b"<a/>", "shift_jis", "shift_jis", id="multi-byte"),
        pytest.param(b"<a/>", "gb18030", "gb18030", id="multi-byte, extends ASCII"),
        pytest.param(b"<a/>", "cp037", "cp037", id="EBCDIC charset"),
        pytest.param(b"<a/>", "x-klingon", "x-klingon", id="unknown"),
        pytest.param(b"<a/>", "rot13", "rot13", id="no encoding at all"),
        pytest.param(b"<a/>", "idna", "idna", id="a codec for names"),
        pytest.param(b"<a/>", "utf-16", "utf-16 without", id="UTF-16 without a mark"),
        pytest.param(b"<a/>", "../x", "../x", id="a path"),
        pytest.param("<a/>".encode("utf-16-le"), None, "UTF-16 without", id="UTF-16 seen"),
        pytest.param(codecs.BOM_UTF32_LE + b"<", None, "UTF-32", id="UTF-32"),
        pytest.param("<?xml ?>".encode("cp037"), None, "EBCDIC", id="EBCDIC seen"),
        pytest.param(b'<?xml version="1.0" encoding="big5"?><a/>', None, "big5", id="declared"),
    ],
)
def test_encoding_that_is_not_read_is_named(body: bytes, charset: str | None, named: str) -> None:
    with pytest.raises(NotAnOutboundMessage, match="is not read here") as caught:
        read_message(body, charset=charset)
    assert caught.value.cause == "encoding"
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [
        pytest.param("latin-1", "utf-8", id="no UTF-8"),
        pytest.param("utf-8", "us-ascii", id="no ASCII"),
        pytest.param("utf-8", "windows-1257", id="not assigned"),
    ],
)
def test_bytes_that_are_no_text_are_refused(encoding: str, charset: str) -> None:
    body = a_message("Zoë \xa1é\xff" if encoding == "latin-1" else "\u2019 \xa1", None).encode(
        encoding
    )
    with pytest.raises(NotAnOutboundMessage):
        read_message(body, charset=charset)


@pytest.mark.parametrize("odd", [b"\xff\xfe<", codecs.BOM_UTF16_LE + b"\x00\xd8" + b"<\x00"])
def test_half_a_character_of_utf_16_is_refused(odd: bytes) -> None:
    with pytest.raises(NotAnOutboundMessage):
        read_message(odd)
