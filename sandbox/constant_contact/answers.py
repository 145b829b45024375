"""Bodies of requests and answers: JSON, and what a handler may answer beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.responses import Response

from sandbox.constant_contact.refusals import unreadable_json, wrong_media_type

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.constant_contact.model import Json


@dataclass(frozen=True, slots=True)
class Text:
    """A body that is sent as it is."""

    content: str
    media_type: str


def read_json(request: Request, raw: bytes) -> Json:
    """Return the JSON object that was sent.

    Raises:
        Refusal: 415 for another content type, 400 for what is no JSON object.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise wrong_media_type()
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise unreadable_json() from None
    if not isinstance(body, dict):
        raise unreadable_json()
    return body


def json_response(status: int, body: object) -> Response:
    """Return an answer; None is an empty body."""
    if body is None:
        return Response(status_code=status)
    if isinstance(body, Text):
        content = body.content.encode("utf-8", "replace")
        return Response(content, status, media_type=body.media_type)
    listed = json.dumps(body, separators=(",", ":"))
    return Response(listed, status, media_type="application/json")
