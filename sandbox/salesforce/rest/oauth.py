"""The login pages that programs use: tokens, and who a token belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.responses import PlainTextResponse, Response

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.id_tokens import id_token, public_keys
from sandbox.salesforce.login import Application, LoginRefused, token_answer
from sandbox.salesforce.rest.calls import answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from sandbox.salesforce.grants import Grants
    from sandbox.salesforce.rest.calls import Api

    Endpoint = Callable[[Request], Awaitable[Response]]


def token_endpoint(
    api: Api, application: Application, organization_id: str, grants: Grants
) -> Endpoint:
    """Return the endpoint that gives access tokens."""

    async def give_token(request: Request) -> Response:
        form = await _form(request)
        with api.org.lock:
            try:
                granted = grants.grant(application, form, request.headers.get("authorization"))
            except LoginRefused as refused:
                return _refused(refused.error, refused.description)
            body = token_answer(
                application,
                api.sessions.begin(granted.user_id),
                user_id=granted.user_id,
                scope=granted.scope,
                instance=instance_of(request),
                organization_id=organization_id,
                at=api.org.world.now(),
            )
        if granted.refresh_token is not None:
            body["refresh_token"] = granted.refresh_token
        if "openid" in granted.scope.split():
            body["id_token"] = id_token(
                application,
                subject=body["id"],
                issuer=instance_of(request),
                access_token=body["access_token"],
                nonce=granted.nonce,
                at=api.org.world.now(),
            )
        return answer(200, body)

    return give_token


def revoke_endpoint(api: Api, grants: Grants) -> Endpoint:
    """Return the endpoint that ends a session or a refresh token."""

    async def revoke(request: Request) -> Response:
        token = (await _form(request)).get("token", "")
        with api.org.lock:
            is_ended = grants.revoke(token) or api.sessions.end(token)
        return Response() if is_ended else _refused("invalid_token", f"invalid token: {token}")

    return revoke


async def _form(request: Request) -> dict[str, str]:
    body = (await request.body()).decode("utf-8", "replace")
    return dict(request.query_params) | dict(parse_qsl(body))


def _refused(error: str, description: str) -> Response:
    return answer(400, {"error": error, "error_description": description})


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
        said = ("Name", "Username", "Email", "TimeZoneSidKey")
        name = {} if user is None else {key: user[key] for key in said}
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
                "zoneinfo": name.get("TimeZoneSidKey"),
                "urls": {
                    "rest": f"{base}/services/data/v{{version}}/",
                    "sobjects": f"{base}/services/data/v{{version}}/sobjects/",
                    "query": f"{base}/services/data/v{{version}}/query/",
                },
            },
        )

    return tell_user


async def keys_endpoint(_request: Request) -> Response:
    """Answer with the public keys that id tokens are signed with."""
    return answer(200, public_keys())


def instance_of(request: Request) -> str:
    """Return the scheme and host that the client called, without a slash at the end."""
    return str(request.base_url).rstrip("/")
