"""What each side answers when a fault strikes: the vendor's own words and shapes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.constant_contact import refusals as constant_contact


@dataclass(frozen=True, kw_only=True)
class CannedAnswer:
    """An answer that is given instead of the real one."""

    status: int
    body: bytes
    media_type: str = "application/json"


CannedAnswers: TypeAlias = Mapping[str, CannedAnswer]
"""Kind of fault -> answer."""


def _json(status: int, body: object) -> CannedAnswer:
    return CannedAnswer(status=status, body=json.dumps(body).encode())


_EITHER = {
    # What a proxy in between says: an answer that is not the vendor's.
    "html": CannedAnswer(
        status=502,
        body=b"<html><head><title>502 Bad Gateway</title></head><body>Bad Gateway</body></html>",
        media_type="text/html",
    ),
    "wrong_type": _json(200, "unexpected"),
}

CONSTANT_CONTACT: CannedAnswers = {
    **_EITHER,
    "throttled": _json(*constant_contact.THROTTLED),
    "quota": _json(*constant_contact.QUOTA_SPENT),
    "expired_session": _json(*constant_contact.UNAUTHORIZED),
    "disabled": _json(403, [{"error_key": "forbidden", "error_message": "Forbidden"}]),
    "unavailable": _json(
        503,
        [
            {
                "error_key": "contacts.api.service.unavailable",
                "error_message": "Our internal service is temporarily unavailable.",
            }
        ],
    ),
    "error_500": _json(
        500,
        [
            {
                "error_key": "contacts.api.internal.error",
                "error_message": "There was a problem processing your request.",
            }
        ],
    ),
}

SALESFORCE: CannedAnswers = {
    **_EITHER,
    "throttled": _json(
        403,
        [
            {
                "message": "ConcurrentRequests Limit exceeded.",
                "errorCode": "REQUEST_LIMIT_EXCEEDED",
            }
        ],
    ),
    "quota": _json(
        403,
        [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}],
    ),
    "disabled": _json(
        403,
        [
            {
                "message": "The REST API is not enabled for this Organization.",
                "errorCode": "API_DISABLED_FOR_ORG",
            }
        ],
    ),
    "unavailable": _json(
        503, [{"message": "Server is unavailable", "errorCode": "SERVER_UNAVAILABLE"}]
    ),
    "expired_session": _json(
        401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    ),
    "error_500": _json(
        500,
        [
            {
                "message": "An unexpected error occurred. Please include this ErrorId if you "
                "contact support: 1234567890-12345 (1234567890)",
                "errorCode": "UNKNOWN_EXCEPTION",
            }
        ],
    ),
}
