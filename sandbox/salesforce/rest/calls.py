"""From an HTTP request to one call of the API, and from its answer or error back to HTTP."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from starlette.responses import Response

from sandbox.effects import effects_of
from sandbox.faults import LOCKED
from sandbox.salesforce.errors import ApiError, DuplicatesDetected, not_found

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from starlette.requests import Request

    from sandbox.salesforce.bulk.worker import Owner
    from sandbox.salesforce.login import Sessions
    from sandbox.salesforce.org import Org, Transaction
    from sandbox.salesforce.policy import Policy
    from sandbox.salesforce.queries import Queries
    from sandbox.salesforce.reports.shelf import Shelf
    from sandbox.salesforce.usage import Usage

    Handler: TypeAlias = Callable[["Call"], Response]

OLDEST_VERSION, NEWEST_VERSION = 31, 68
_VERSION = re.compile(r"\d\d\.0")
_ALLOW_SAVE = re.compile(r"\ballowSave\s*=\s*true\b", re.IGNORECASE)
_YES = {"true": True, "false": False}


@dataclass(frozen=True)
class Api:
    """What the REST resources work on; one for each stand-in."""

    org: Org
    sessions: Sessions
    queries: Queries
    usage: Usage
    policy: Callable[[], Policy]
    owner_of: Callable[[str], Owner]
    shelf: Shelf

    def hidden_from(self, user_id: str) -> tuple[str, ...]:
        """Return the fields that are not there for a user, such as `Contact.Email`."""
        return self.policy().hidden_fields if self.owner_of(user_id) == "bridge" else ()


@dataclass(frozen=True, kw_only=True)
class Call:
    """One authorised request.

    Attributes:
        version: API version as in the path, such as `66.0`.
        user_id: Whose session it is.
        body: The raw body.
    """

    api: Api
    version: str
    user_id: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def org(self) -> Org:
        """The org that is called."""
        return self.api.org

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Open a transaction of the caller, with what the headers say of duplicates."""
        with self.org.transaction(self.user_id) as tx:
            options = self.headers.get("sforce-duplicate-rule-header", "")
            before = tx.allows_duplicates
            tx.allows_duplicates = before or bool(_ALLOW_SAVE.search(options))
            try:
                yield tx
            finally:
                tx.allows_duplicates = before

    def json(self) -> dict[str, Any]:
        """Return the body, which must be a JSON object.

        Raises:
            ApiError: JSON_PARSER_ERROR, if it is not.
        """
        try:
            value = json.loads(self.body)
        except RecursionError:
            raise ApiError("JSON_PARSER_ERROR", "The body is nested too deeply") from None
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise ApiError("JSON_PARSER_ERROR", f"Unexpected character: {error}") from None
        if not isinstance(value, dict):
            message = "The HTTP entity body is required to be a JSON object, but it is not"
            raise ApiError("JSON_PARSER_ERROR", message)
        return value

    def flag(self, name: str) -> bool:
        """Return a parameter that is `true` or `false`; absent is false.

        Raises:
            ApiError: If it is neither.
        """
        text = self.query.get(name, "false").lower()
        if text not in _YES:
            raise ApiError("INVALID_ARGUMENT", f"{name} must be true or false")
        return _YES[text]


def answer(status: int, body: object = None) -> Response:
    """Return an answer as the REST API writes it; without a body where there is none."""
    if body is None:
        return Response(status_code=status)
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(
        # Half of a surrogate pair, which JSON can spell and UTF-8 cannot.
        text.encode("utf-8", "replace"),
        status_code=status,
        media_type="application/json;charset=UTF-8",
    )


def refusal(api: Api, error: ApiError, *, version: str) -> Response:
    """Return the answer to a call that was refused; one for duplicates tells which they are."""
    if not isinstance(error, DuplicatesDetected):
        return answer(error.status, error.body())
    found = {api.policy().duplicates_key: error.duplicates(version=version)}
    code_and_message = {"errorCode": error.code, "message": error.message}
    return answer(error.status, [found | code_and_message])


def is_served(version: str) -> bool:
    """Tell whether there is an API version, such as `66.0`."""
    return bool(_VERSION.fullmatch(version)) and OLDEST_VERSION <= float(version) <= NEWEST_VERSION


def not_allowed(method: str, handlers: Mapping[str, Handler]) -> ApiError:
    """Return the answer to a method that a resource does not have."""
    allowed = ",".join([*handlers, "HEAD"] if "GET" in handlers else handlers)
    return ApiError(
        "METHOD_NOT_ALLOWED",
        f"HTTP Method '{method}' not allowed. Allowed are {allowed}",
        status=405,
    )


def resource(api: Api, **handlers: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint that serves each HTTP method with its handler.

    The handler runs in one go, under the org's lock: a request is atomic.
    """

    async def serve(request: Request) -> Response:
        body = await request.body()
        with api.org.lock:
            api.org.take_effects()
            api.org.holds_next = request.scope.get(LOCKED, False)
            try:
                response = _serve(api, handlers, request, body)
            except ApiError as error:
                response = refusal(api, error, version=request.path_params["version"])
            api.org.holds_next = False
            effects_of(request.scope).extend(api.org.take_effects())
            response.headers.update(api.usage.header())
        return response

    return serve


def _serve(api: Api, handlers: Mapping[str, Handler], request: Request, body: bytes) -> Response:
    version = request.path_params["version"]
    if not is_served(version):
        raise not_found()
    user_id = api.sessions.user_of(request.headers.get("authorization"))
    if not api.policy().api_enabled and api.owner_of(user_id) == "bridge":
        message = "The REST API is not enabled for this Organization or user."
        raise ApiError("API_DISABLED_FOR_ORG", message, status=403)
    api.usage.count()
    handler = handlers.get("GET" if request.method == "HEAD" else request.method)
    if handler is None:
        raise not_allowed(request.method, handlers)
    call = Call(
        api=api,
        version=version,
        user_id=user_id,
        path=request.path_params,
        query=request.query_params,
        headers=request.headers,
        body=body,
    )
    hidden = api.hidden_from(user_id)
    if not hidden:
        return handler(call)
    with api.org.schema.hiding(hidden):
        return handler(call)
