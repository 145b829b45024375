"""Calls of any kind of an application's routes: half of their parts are what the routes know."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.fuzz.asgi import Call

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from starlette.routing import BaseRoute

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
_MEDIA_TYPES = (
    "application/json",
    "application/json; charset=utf-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/csv",
    "text/xml",
    "",
)
_RAW = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b'{"a": 1e999}',
    b"[" * 3_000,
    b'Id,LastName\n"unclosed,x\n,,,,\n',
    b"LastName\r\n\x00\r\n",
    b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nemail\n--x--',
    b"--x\r\nContent-Disposition: form-data; name=",
    b"<soapenv:Envelope><soapenv:Body><login>",
    b'<?xml version="1.0"?><a xmlns="b"><c/></a>',
)
_ODD = (
    *("", " ", "null", "true", "0", "-1", "1.5", "NaN", "9" * 30, "\x00", "\ud800", "é", "'", '"'),
    *("%", "../..", "a,b,c", "2026-13-45", "2026-01-01", "9999-12-31T23:59:59Z", "0001-01-01"),
    *("2026-01-01T00:00:00+25:00", "[]", "{}", "a" * 300, "A@b.c", "not@"),
    *("SELECT Id FROM Contact", "1e400", "-0", "٣", "1_000", "inf"),
)  # fmt: skip
_TEXT = st.sampled_from(_ODD) | st.text(max_size=30)
_NUMBER = st.sampled_from([0, -1, 1, 2**31, 2**63, 10**30, 1e308, -1e308, 0.1]) | st.integers()
_PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")


def calls(
    routes: Sequence[BaseRoute], words: Iterable[str], headers: Mapping[str, str]
) -> st.SearchStrategy[Call]:
    """Return calls of these routes.

    Args:
        routes: The application's.
        words: Names of fields and parameters, ids and values that the application knows.
        headers: Of nearly every call.
    """
    word = st.sampled_from(sorted(set(words)))
    text = word | _TEXT
    scalar = text | _NUMBER | st.booleans() | st.none()
    name = word | st.sampled_from(["", "a", "attributes", "type", "url"])
    value = st.recursive(
        scalar,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(name, inner, max_size=5),
        max_leaves=12,
    )
    body = st.dictionaries(name, value, max_size=8).map(_json) | value.map(_json)
    template = st.sampled_from(sorted({str(getattr(route, "path", "/")) for route in routes}))
    query = st.lists(st.tuples(name, text), max_size=4).map(tuple)

    @st.composite
    def one(draw: st.DrawFn) -> Call:
        path = _PARAMETER.sub(lambda _: draw(text).replace("/", "-") or "x", draw(template))
        media_type = draw(st.just("application/json") | st.sampled_from(_MEDIA_TYPES))
        sent = {**headers, "Content-Type": media_type}
        if draw(st.integers(0, 19)) == 0:
            sent["Authorization"] = draw(st.sampled_from(["", "Bearer", "Bearer x", "Basic !!"]))
        return Call(
            method=draw(st.sampled_from(_METHODS)),
            path=path,
            query=draw(query),
            headers=sent,
            body=draw(st.one_of(body, body, body, st.sampled_from(_RAW), st.binary(max_size=40))),
        )

    return one()


def _json(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "replace")
