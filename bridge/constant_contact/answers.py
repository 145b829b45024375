"""Answers of Constant Contact: a JSON value, or the error that says what happens next.

The vendor has three shapes of error bodies, and the same status means different things, so the
body decides first (Constant Contact developer guide, "Response Codes" and "Rate Limits"):
a list of `{"error_key", "error_message"}`, such an object alone, and OAuth's
`{"error", "error_description"}`.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import requests

from bridge.connections.wire import vendor_words
from bridge.errors import (
    BridgeError,
    Conflict,
    Forbidden,
    NotFoundRemotely,
    QuotaSpent,
    RecordRefused,
    RemoteError,
    Throttled,
    Unauthorized,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SYSTEM = "constant_contact"
_QUEUE_FULL_AFTER_S = 60.0

_BY_KEY: Mapping[str, type[RemoteError]] = {
    "throttled": Throttled,
    "quota_exceeded": QuotaSpent,
    "unauthorized": Unauthorized,
    "invalid_grant": Unauthorized,
    "invalid_client": Unauthorized,
    "unauthorized_client": Unauthorized,
}
_BY_STATUS: Mapping[int, type[RemoteError]] = {
    HTTPStatus.UNAUTHORIZED: Unauthorized,
    HTTPStatus.FORBIDDEN: Forbidden,
    HTTPStatus.NOT_FOUND: NotFoundRemotely,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.TOO_MANY_REQUESTS: Throttled,
}
_PROPERTY = re.compile(
    r"\b(?:email_address|first_name|last_name|job_title|company_name|birthday_month|birthday_day"
    r"|anniversary|phone_numbers?|street_addresses|custom_field_id|custom_fields|list_memberships"
    r"|permission_to_send|update_source|create_source|description|name)\b"
)
_NEVER_A_PROXY = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS})
_CAUSES: Mapping[type[RemoteError], str] = {
    Throttled: "too many calls",
    QuotaSpent: "the day's calls are spent",
    Unauthorized: "the credentials are refused; authorise the connection again",
    Forbidden: "a scope or a privilege is missing, or the application is deactivated",
    NotFoundRemotely: "it is not there",
    Conflict: "it exists already, or somebody wrote at the same time",
}


_MAY_BE_EMPTY = frozenset({HTTPStatus.OK, HTTPStatus.NO_CONTENT})


def read_answer(response: requests.Response, *, may_be_empty: bool = False) -> Any:
    """Return the JSON value of a good answer.

    Args:
        response: What came.
        may_be_empty: The contract promises a status and no more; then None is a good answer.

    Raises:
        RecordRefused: If the content was refused; the message has the vendor's words.
        Conflict: If the address or the name is taken, or two writers met.
        NotFoundRemotely: If the thing is not there.
        Throttled: If there were too many calls in this second, or too many activities wait.
        QuotaSpent: If the vendor counts the day as spent.
        Unauthorized: If the token is refused.
        Forbidden: If a scope or a privilege is missing.
        Unavailable: If the server failed, or the answer is not the vendor's.
    """
    try:
        body = response.json()
    except requests.JSONDecodeError:
        body = None
    if may_be_empty and response.status_code in _MAY_BE_EMPTY and not response.content:
        return None
    if response.ok and response.status_code < HTTPStatus.MULTIPLE_CHOICES and body is not None:
        return body
    raise _error(response.status_code, body)


def rows_of(answer: object, name: str, identity: str | None = None) -> list[dict[str, Any]]:
    """Return the rows of one page.

    Args:
        answer: What `read_answer` returned.
        name: The property that holds them.
        identity: The property by which each is known, where every row has one.

    Raises:
        Unavailable: If the page is not what the vendor's contract says.
    """
    rows = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise unavailable(f"an answer without {name}")
    if identity is not None and not all(isinstance(row.get(identity), str) for row in rows):
        raise unavailable(f"an answer without {identity}")
    return rows


def next_href(answer: object) -> str | None:
    """Return the vendor's own address of the next page; None behind the last one."""
    match answer:
        case {"_links": {"next": {"href": str(href)}}} if href:
            return href
    return None


def unavailable(what: str, *, status: int | None = None) -> Unavailable:
    """Return the error about an answer that did not come or is not the vendor's."""
    return Unavailable(f"Constant Contact: {what}", system=SYSTEM, status=status)


def _error(status: int, body: object) -> BridgeError:
    """Return the error of a bad answer; a proxy's page is no word of the vendor."""
    key, words = _key_and_words(body)
    if key is None and status not in _NEVER_A_PROXY:
        return unavailable(f"an answer that is not the service's (HTTP {status})", status=status)
    kind = _BY_KEY.get(key or "") or _BY_STATUS.get(status)
    if kind is None and HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        field = _PROPERTY.search(words)
        return RecordRefused(
            f"Constant Contact refuses it: {words or key}",
            field=field[0] if field else None,
            key=key,
        )
    if kind is None:
        return unavailable(f"HTTP {status}: {words or key}", status=status)
    message = f"Constant Contact: {_CAUSES[kind]}" + (f" ({words})" if words else "")
    error = kind(message, system=SYSTEM, status=status, key=key)
    if isinstance(error, Throttled) and key != "throttled":
        error.after_s = _QUEUE_FULL_AFTER_S
    return error


def _key_and_words(body: object) -> tuple[str | None, str]:
    """Return the first error's key and all messages, from any of the three shapes."""
    items = body if isinstance(body, list) else [body]
    errors = [item for item in items if isinstance(item, dict)]
    keys = [item.get("error_key") or item.get("error") for item in errors]
    words = [item.get("error_message") or item.get("error_description") for item in errors]
    key = next((key for key in keys if isinstance(key, str)), None)
    return key, vendor_words("; ".join(text for text in words if isinstance(text, str)))
