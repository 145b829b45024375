"""The login pages that programs use: tokens, and who a token belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.responses import PlainTextResponse, Response

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.login import Application, LoginRefused, log_in, token_answer
from sandbox.salesforce.rest.calls import answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from sandbox.salesforce.rest.calls import Api

    Endpoint = Callable[[Request], Awaitable[Response]]


def token_endpoint(api: Api, application: Application, organization_id: str) -> Endpoint:
    """Return the endpoint that gives access tokens."""

    async def give_token(request: Request) -> Response:
        body = await request.body()
        form = dict(request.query_params) | dict(parse_qsl(body.decode("utf-8", "replace")))
        with api.org.lock:
            try:
                log_in(application, form, request.headers.get("authorization"))
            except LoginRefused as refused:
                return answer(
                    400, {"error": refused.error, "error_description": refused.description}
                )
            return answer(
                200,
                token_answer(
                    application,
                    api.sessions.begin(application.user_id),
                    instance=instance_of(request),
                    organization_id=organization_id,
                    at=api.org.world.now(),
                ),
            )

    return give_token


def userinfo_endpoint(api: Api, organization_id: str) -> Endpoint:
    """Return the endpoint that says whose token it is."""

    async def tell_user(request: Request) -> Response:
        with api.org.lock:
            try:
                user_id = api.sessions.user_of(request.headers.get("authorization"))
            except ApiError:
                return PlainTextResponse("Bad_OAuth_Token", status_code=403)
            user = api.org.tables["User"].get(user_id)
        base = instance_of(request)
        name = {} if user is None else {key: user[key] for key in ("Name", "Username", "Email")}
        return answer(
            200,
            {
                "sub": f"{base}/id/{organization_id}/{user_id}",
                "user_id": user_id,
                "organization_id": organization_id,
                "preferred_username": name.get("Username"),
                "nickname": name.get("Username"),
                "name": name.get("Name"),
                "email": name.get("Email"),
                "email_verified": True,
                "active": True,
                "user_type": "STANDARD",
                "language": "en_US",
                "locale": "en_US",
                "utcOffset": 0,
                "urls": {
                    "rest": f"{base}/services/data/v{{version}}/",
                    "sobjects": f"{base}/services/data/v{{version}}/sobjects/",
                    "query": f"{base}/services/data/v{{version}}/query/",
                },
            },
        )

    return tell_user


def instance_of(request: Request) -> str:
    """Return the scheme and host that the client called, without a slash at the end."""
    return str(request.base_url).rstrip("/")
