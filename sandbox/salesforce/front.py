"""What happens to every request first, and to those that no resource takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from sandbox.salesforce.errors import not_found
from sandbox.salesforce.rest.calls import answer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

LONGEST_ADDRESS_BYTES = 16_384


class Front:
    """What happens to every request first.

    `/sobjects/Contact/` is served as `/sobjects/Contact`, for clients spell both; an address that
    is too long is refused before anybody looks at it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            if len(scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS_BYTES:
                refusal = PlainTextResponse("URI Too Long", status_code=414)
                await refusal(scope, receive, send)
                return
            scope = {**scope, "path": scope["path"].rstrip("/") or "/"}
        await self._app(scope, receive, send)


async def refuse(_: Request, error: Exception) -> Response:
    """Answer a path that is not there as the REST API does."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    refusal = not_found()
    return answer(status, refusal.body())
