"""What is no outbound message is refused with its cause, early and in little memory."""

from __future__ import annotations

import tracemalloc
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

from bridge.errors import NotAnOutboundMessage
from bridge.inbox.soap import read_message
from tests.outbound import NOTIFICATION_ID, message, notification, with_data

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = message(notification())
BIG = 8_000_000
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def nested(depth: int) -> str:
    """Return a message whose deepest element is at this depth, the envelope counting 1."""
    inner = depth - 5
    data = f"<sObject><Id>x</Id>{'<a>' * inner}{'</a>' * inner}</sObject>"
    return message(with_data(NOTIFICATION_ID, data))


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        pytest.param("", "malformed", id="nothing"),
        pytest.param(" \n", "malformed", id="blanks"),
        pytest.param("{}", "malformed", id="JSON"),
        pytest.param("<html><body>", "malformed", id="HTML"),
        pytest.param(GOOD[:-1], "malformed", id="cut short"),
        pytest.param(GOOD + "x", "malformed", id="text after the end"),
        pytest.param(GOOD + "<a/>", "malformed", id="two roots"),
        pytest.param(GOOD.replace("</sf:Id>", "</sf:id>"), "malformed", id="tags that differ"),
        pytest.param(GOOD.replace("<sf:Id>", "<sf:Id>&nbsp;"), "malformed", id="unknown entity"),
        pytest.param(GOOD.replace("<sf:Id>", "<sf:Id>&#0;"), "malformed", id="NUL by reference"),
        pytest.param(GOOD.replace("<sf:Id>", "<sf:Id>\x01"), "malformed", id="control character"),
        pytest.param(GOOD.replace("<sf:Id>", "<sf:Id>&"), "malformed", id="bare ampersand"),
        pytest.param(
            GOOD.replace("<sObject ", "<sObject a='1' a='2' "), "malformed", id="attribute twice"
        ),
        pytest.param("<!DOCTYPE a>" + GOOD[39:], "document_type", id="document type"),
        pytest.param(
            GOOD.replace("?>", '?><!DOCTYPE a SYSTEM "file:///etc/passwd">'),
            "document_type",
            id="external document type",
        ),
        pytest.param(
            GOOD.replace("?>", '?><!-- c --><?p?><!DOCTYPE a [<!ENTITY e "x">]>'),
            "document_type",
            id="entity declaration",
        ),
        pytest.param(
            GOOD.replace("?>", f'?><!DOCTYPE a [<!ENTITY l0 "lol">{LAUGHS}]>'),
            "document_type",
            id="billion laughs",
        ),
        pytest.param(nested(65), "depth", id="65 deep"),
        pytest.param(nested(100_000), "depth", id="100,000 deep"),
        pytest.param("<a>" * 1_000_000, "depth", id="never closed"),
        pytest.param("<a/>", "structure", id="another document"),
        pytest.param(GOOD.replace("notifications", "things"), "structure", id="no notifications"),
        pytest.param(GOOD.replace("Envelope", "envelope"), "structure", id="case of the envelope"),
        pytest.param(
            message(with_data("", "")).replace("<Id></Id>", ""),
            "structure",
            id="no notification id",
        ),
        pytest.param(message(with_data(" \n ", "")), "structure", id="blank notification id"),
        pytest.param(
            message(notification(), with_data("", "")), "structure", id="no id in the second"
        ),
        pytest.param(
            message(notification("x" * 256)), "structure", id="notification id of 256 characters"
        ),
        pytest.param(
            GOOD.replace("<ActionId>", "<OrganizationId>00Dx</OrganizationId><ActionId>"),
            "structure",
            id="two organizations",
        ),
        pytest.param(
            GOOD.replace("</notifications>", "</notifications><notifications/>"),
            "structure",
            id="two lists of notifications",
        ),
    ],
)
def test_what_is_no_outbound_message_is_refused(text: str, cause: str) -> None:
    with pytest.raises(NotAnOutboundMessage) as caught:
        read_message(text.encode())
    assert (caught.value.cause, caught.value.status) == (cause, 400)


def test_sixty_four_deep_is_read() -> None:
    assert len(read_message(nested(64).encode()).notifications) == 1


def attacks() -> Iterator[tuple[str, str]]:
    """Yield messages of megabytes that are made to cost much."""
    yield "open tags", "<a>" * (BIG // 3)
    yield "names", "<a>" + "".join(f"<n{n}/>" for n in range(BIG // 10)) + "</a>"
    yield "attribute names", "<a>" + "".join(f"<b n{n}='1'/>" for n in range(BIG // 15)) + "</a>"
    yield "attributes", "<a " + "".join(f"n{n}='1' " for n in range(BIG // 12)) + "/>"
    yield "one long tag", "<a b='" + "x" * BIG + "'/>"
    yield "one long name", "<" + "x" * BIG + "/>"
    yield "one long comment", "<a><!--" + "x" * BIG + "--></a>"
    yield "comments before the root", "<!---->" * (BIG // 7) + "<a/>"
    yield "comments before a document type", "<!--" + "x" * BIG + "--><!DOCTYPE a><a/>"
    yield "blanks before a document type", " " * BIG + "<!DOCTYPE a><a/>"
    entities = '<!ENTITY e "x">' * (BIG // 15)
    yield "entities in a document type", f"<!DOCTYPE a [{entities}]><a/>"
    yield "references", "<a>" + "&amp;" * (BIG // 5) + "</a>"
    yield "ends without a start", "</a>" * (BIG // 4)
    yield "a cut reference", "<a>&" + "x" * BIG


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in attacks()])
def test_attack_is_refused_in_little_time_and_memory(text: str) -> None:
    body = text.encode()
    tracemalloc.start()
    began = perf_counter()
    with pytest.raises(NotAnOutboundMessage):
        read_message(body)
    seconds = perf_counter() - began
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 5
    assert peak < 32_000_000


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(message(notification(fields={"A": "x" * BIG})), id="one long field"),
        pytest.param(message(*[notification()] * 5_000), id="many notifications"),
        pytest.param(message("stray " * (BIG // 6)), id="stray text"),
    ],
)
def test_large_message_is_read_in_memory_that_does_not_multiply(text: str) -> None:
    body = text.encode()
    tracemalloc.start()
    read_message(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * len(body)


def test_refusal_names_the_place_and_quotes_nothing_of_the_message() -> None:
    body = message(notification(fields={"Email": "ada@example.org"})).replace("</sf:Email>", "</x>")
    with pytest.raises(
        NotAnOutboundMessage, match=r"not well-formed: .*, line \d+, column \d+"
    ) as caught:
        read_message(body.encode())
    assert "ada" not in str(caught.value)
