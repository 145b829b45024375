"""Errors of Salesforce: its codes, turned into the error that says what happens next.

A bad REST answer is a list of `{"message", "errorCode", "fields"}` (REST API Developer Guide,
"Status Codes and Error Responses").
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

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
    TooMuchAtOnce,
    Unauthorized,
    Unavailable,
)
from bridge.salesforce.login import SYSTEM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simple_salesforce.exceptions import SalesforceError

_FAULT = re.compile(
    r"<faultcode>(?:\w+:)?(?P<code>\w+)</faultcode>\s*<faultstring>(?P<words>[^<]*)"
)
_BAD_TOKEN = "Bad_OAuth_Token"  # noqa: S105 -- what the user info answers to one
_MAPPING_FAULT = "the object or field is missing, or the bridge's user may not see it"

_BY_CODE: Mapping[str, tuple[type[RemoteError], str]] = {
    "INVALID_SESSION_ID": (Unauthorized, "the session is refused"),
    "API_DISABLED_FOR_ORG": (Forbidden, "the organization or the user has no API access"),
    "API_CURRENTLY_DISABLED": (Unavailable, "the API is switched off for a while"),
    "INSUFFICIENT_ACCESS": (Forbidden, "a permission is missing"),
    "INSUFFICIENT_ACCESS_OR_READONLY": (Forbidden, "a permission is missing"),
    "FORBIDDEN": (Forbidden, "it is not allowed"),
    "INVALID_FIELD": (Forbidden, _MAPPING_FAULT),
    "INVALID_TYPE": (Forbidden, _MAPPING_FAULT),
    "MALFORMED_QUERY": (Forbidden, _MAPPING_FAULT),
    "NOT_FOUND": (NotFoundRemotely, "it is not there"),
    "ENTITY_IS_DELETED": (NotFoundRemotely, "it is deleted"),
    "UNABLE_TO_LOCK_ROW": (Conflict, "somebody else holds the record"),
    "INVALID_QUERY_LOCATOR": (Conflict, "the query's cursor has ended: start again"),
    "EXCEEDED_ID_LIMIT": (TooMuchAtOnce, "more than one answer holds"),
    "SERVER_UNAVAILABLE": (Unavailable, "the server is busy"),
    "UNKNOWN_EXCEPTION": (Unavailable, "the server failed"),
}


def error_of(error: SalesforceError) -> BridgeError:
    """Return our error for the library's; its text has the whole body, so it is not kept."""
    code, words, fields = _first(error.content)
    status = error.status
    if code is None and (status == HTTPStatus.UNAUTHORIZED or _is_bad_token(error.content)):
        return Unauthorized("Salesforce: the session is refused", system=SYSTEM, status=status)
    if code is None:
        return unavailable(f"an answer that is not the service's (HTTP {status})", status=status)
    if code == "REQUEST_LIMIT_EXCEEDED":
        return _limit(words, status)
    known = _BY_CODE.get(code)
    if known is None and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        known = (Unavailable, code)
    elif known is None and status == HTTPStatus.FORBIDDEN:
        known = (Forbidden, code)
    if known is None:
        return RecordRefused(f"Salesforce refuses it: {code}: {words}", field=fields, key=code)
    kind, cause = known
    return kind(f"Salesforce: {cause} ({words})", system=SYSTEM, status=status, key=code)


def is_ended_session(error: SalesforceError) -> bool:
    """Tell whether an answer means a session that ended, where the library does not see it.

    The user info says so with 403 and two words, SOAP with 500 and a fault.
    """
    return _is_bad_token(error.content) or _first(error.content)[0] == "INVALID_SESSION_ID"


def _is_bad_token(content: object) -> bool:
    return content == _BAD_TOKEN


def unavailable(what: str, *, status: int | None = None) -> Unavailable:
    """Return the error about an answer that did not come or is not the vendor's."""
    return Unavailable(f"Salesforce: {what}", system=SYSTEM, status=status)


def _limit(words: str, status: int) -> RemoteError:
    """Tell the day's limit, which frees up over 24 hours, from too many long calls at once."""
    if "concurrent" in words.lower():
        return Throttled(
            f"Salesforce: {words}", system=SYSTEM, status=status, key="REQUEST_LIMIT_EXCEEDED"
        )
    return QuotaSpent(
        f"Salesforce: the organization's API calls of the last 24 hours are spent ({words})",
        system=SYSTEM,
        status=status,
        key="REQUEST_LIMIT_EXCEEDED",
    )


def _first(content: object) -> tuple[str | None, str, str | None]:
    """Return code, words and fields of the first error of a body."""
    match content:
        case [{"errorCode": str(code), **others}, *_] | {"errorCode": str(code), **others}:
            fields = others.get("fields")
            names = ", ".join(map(str, fields)) if isinstance(fields, list) else ""
            return code, vendor_words(others.get("message", "")), names or None
        case str(text) if fault := _FAULT.search(text):  # of SOAP, which only metadata is read by
            return fault["code"], vendor_words(fault["words"]), None
        case _:
            return None, "", None
