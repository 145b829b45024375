"""Pages the way Constant Contact cuts them: an opaque cursor in a path that starts with /v3."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from sandbox.constant_contact.refusals import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.datastructures import QueryParams

CURSOR_LIFETIME_S = 86_400
_REPEATED = ("bounce_code", "tracking_activity_type", "tracking_activities_list")
_Row = TypeVar("_Row")


def read_query(params: QueryParams) -> dict[str, str]:
    """Return a query's parameters; those that may be repeated are joined by commas."""
    joined = {name: ",".join(params.getlist(name)) for name in _REPEATED if name in params}
    return {**params, **joined}


def read_limit(query: Mapping[str, str], *, default: int, most: int) -> int:
    """Return the page size asked for.

    Raises:
        Refusal: If it is no whole number from 1 to `most`.
    """
    text = query.get("limit", str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise invalid(["limit does not have a valid value"])
    return int(text)


def read_flag(query: Mapping[str, str], name: str) -> bool:
    """Return a parameter that is true or false, and false where it is left out.

    Raises:
        Refusal: If it is neither.
    """
    text = query.get(name, "false").lower()
    if text not in {"true", "false"}:
        raise invalid([f"{name} does not have a valid value"])
    return text == "true"


def open_cursor(query: Mapping[str, str], now: float) -> tuple[dict[str, str], int]:
    """Return the query that a cursor continues, and the position to go on from.

    The filters of the first page travel inside the cursor; what is sent beside it again is
    ignored. Without a cursor the query itself is returned, with position 0.

    Raises:
        Refusal: If the cursor was not made here, or is older than a day.
    """
    cursor = query.get("cursor")
    if cursor is None:
        return dict(query), 0
    try:
        text = base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)).decode()
        continued = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))
        position, made_at = int(continued.pop("next")), float(continued.pop("at"))
    except (ValueError, KeyError, binascii.Error):
        raise invalid(["cursor does not have a valid value"]) from None
    if now - made_at > CURSOR_LIFETIME_S:
        raise invalid(["cursor does not have a valid value"])
    return continued, position


def next_link(
    path: str, query: Mapping[str, str], position: int, now: float
) -> dict[str, dict[str, str]]:
    """Return the `_links` of a page that another one follows."""
    state = {**query, "next": str(position), "at": f"{now:.0f}"}
    cursor = base64.urlsafe_b64encode(urlencode(state).encode()).decode()
    return {"next": {"href": f"{path}?cursor={quote(cursor)}"}}


def cut(
    path: str,
    query: Mapping[str, str],
    rows: Sequence[_Row],
    *,
    position: int,
    limit: int,
    now: float,
) -> tuple[Sequence[_Row], dict[str, dict[str, str]]]:
    """Return the page of rows that begins at a position, and its `_links`: empty on the last one.

    Args:
        path: What links lead to.
        query: The parameters that the next page keeps.
        rows: All rows, in order.
        position: How many of them earlier pages have shown.
        limit: Most rows of a page.
        now: Seconds since 1970.
    """
    end = position + limit
    links = next_link(path, query, end, now) if end < len(rows) else {}
    return rows[position:end], links
