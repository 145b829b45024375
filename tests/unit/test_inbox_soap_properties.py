"""Whatever is written is read back, in any layout; and a part says what the whole said."""

from __future__ import annotations

import re
from itertools import count
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import NotAnOutboundMessage
from bridge.inbox.part import PART_ENCODING, parts_of
from bridge.inbox.soap import read_fields, read_message
from tests.outbound import ORGANIZATION_ID, message, notification

# XML 1.0 allows these; a carriage return survives only by reference, and the writer does that.
TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=["\ufffe", "\uffff"]).filter(
        lambda character: character >= " " or character in "\t\n\r"
    ),
    max_size=30,
)
NAMES = st.from_regex(r"[A-Z][A-Za-z0-9_]{0,12}(__c)?", fullmatch=True).filter(
    lambda name: name not in {"Id", "SessionId"}
)
FIELDS = st.dictionaries(NAMES, st.none() | TEXT, max_size=6)
IDS = st.from_regex(r"[0-9A-Za-z]{1,18}", fullmatch=True)
RECORDS = st.lists(st.tuples(IDS, NAMES, IDS, FIELDS), max_size=5)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])
Record = tuple[str, str, str, dict[str, str | None]]


def written(records: list[Record]) -> str:
    """Return the message about some records, without a declaration."""
    return message(
        *(
            notification(notification_id, fields, object_name=name, record_id=record_id)
            for notification_id, name, record_id, fields in records
        ),
        declaration="",
    )


def noise(text: str, choose: st.DataObject) -> str:
    """Put things between elements that mean nothing."""
    pieces = choose.draw(
        st.lists(
            st.sampled_from(["", " ", "\n", "<!-- c -->", "<?p i?>", "stray", "<![CDATA[x<y]]>"]),
            min_size=1,
            max_size=5,
        )
    )
    number = count()
    return re.sub(
        r"(?<=>)\s+(?=<(?:Notification|sObject|/sObject|ActionId)\b)",
        lambda _: pieces[next(number) % len(pieces)],
        text,
    )


@given(records=RECORDS, encoding=ENCODINGS, choose=st.data())
def test_what_was_written_is_read_back(
    records: list[Record], encoding: str, choose: st.DataObject
) -> None:
    body = noise(written(records), choose).encode(encoding)
    read = read_message(body)
    assert read.organization_id == ORGANIZATION_ID
    assert [head[:3] for head in read.notifications] == [record[:3] for record in records]
    parsed = read_fields(read.body, read.encoding)
    assert [tuple(one[:3]) for one in parsed] == [record[:3] for record in records]
    assert [one.fields for one in parsed] == [
        {"Id": record_id, **fields} for _, _, record_id, fields in records
    ]


@given(records=RECORDS.filter(bool), encoding=ENCODINGS, choose=st.data())
def test_part_says_what_the_whole_said(
    records: list[Record], encoding: str, choose: st.DataObject
) -> None:
    body = noise(written(records), choose).encode(encoding)
    read = read_message(body)
    whole = read_fields(read.body, read.encoding)
    parts = parts_of(read.body, read.encoding, range(len(whole)))
    assert [read_fields(part, PART_ENCODING) for part in parts] == [[one] for one in whole]


@given(secret=st.from_regex(r"[A-Za-z0-9!._]{8,40}", fullmatch=True), encoding=ENCODINGS)
def test_secret_of_a_session_is_nowhere_in_what_is_stored(secret: str, encoding: str) -> None:
    text = message(notification(), session=f"<SessionId>~{secret}~</SessionId>", declaration="")
    read = read_message(text.encode(encoding))
    assert f"~{secret}~" not in read.body.decode(encoding)
    assert len(read_fields(read.body, read.encoding)) == 1


@settings(max_examples=300)
@given(text=st.binary(max_size=200) | TEXT.map(str.encode), wrap=st.booleans())
def test_any_bytes_are_read_or_refused(text: bytes, wrap: bool) -> None:  # noqa: FBT001
    body = message("@").encode().replace(b"@", text) if wrap else text
    try:
        read = read_message(body)
    except NotAnOutboundMessage:
        return
    assert len(read_fields(read.body, read.encoding)) == len(read.notifications)


@given(text=TEXT)
def test_both_ways_of_reading_ids_agree(text: str) -> None:
    # A comment makes the walk read what the patterns read without it.
    field = f"<sf:A>{escape(text)}</sf:A>".replace("\r", "&#13;")
    plain = message(notification("04lA")).replace("</sObject>", f"{field}</sObject>")
    walked = plain.replace("</notifications>", "<!-- c --></notifications>")
    quick, slow = read_message(plain.encode()), read_message(walked.encode())
    assert quick.notifications == slow.notifications


def test_part_of_a_message_that_has_fewer_notifications_is_an_error() -> None:
    with pytest.raises(IndexError):
        parts_of(message(notification()).encode(), "utf-8", [1])
