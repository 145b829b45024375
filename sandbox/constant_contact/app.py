"""The Constant Contact stand-in: one account behind a gateway that checks tokens and limits."""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING, Any, Literal

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route

from sandbox.clientele import clientele, count_of, list_ids
from sandbox.constant_contact import (
    api,
    firm,
    left_out,
    mail_api,
    mail_writing_api,
    organization_api,
    schedules,
    scopes,
    sending,
)
from sandbox.constant_contact.answers import json_response, read_json
from sandbox.constant_contact.api import ApiCall, Handler
from sandbox.constant_contact.authorizations import Authorizations
from sandbox.constant_contact.book import enter_clientele
from sandbox.constant_contact.bulk import queue
from sandbox.constant_contact.bulk import resources as bulk
from sandbox.constant_contact.consent_pages import ConsentPages
from sandbox.constant_contact.drafts import draft_of
from sandbox.constant_contact.limits import Meter
from sandbox.constant_contact.oauth import give, read_form
from sandbox.constant_contact.paging import read_query
from sandbox.constant_contact.policy import Limits, Policy
from sandbox.constant_contact.refusals import (
    UNAUTHORIZED,
    Refusal,
    no_scope,
    report_refused,
)
from sandbox.constant_contact.tokens import Tokens
from sandbox.effects import effects_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.constant_contact.model import Account
    from sandbox.world import World

TOKEN_PATH = "/oauth2/default/v1/token"  # noqa: S105 - a path
AUTHORIZE_PATH = "/oauth2/default/v1/authorize"
DEVICE_PATH = "/oauth2/default/v1/device/authorize"
_WITH_BODY = frozenset({"PATCH", "POST", "PUT"})
_FAMILIES = (api, bulk, mail_api, mail_writing_api, organization_api)
_RESOURCES = {
    path: {
        method: handler
        for family in _FAMILIES
        for method, handler in family.RESOURCES.get(path, {}).items()
    }
    for each in _FAMILIES
    for path in each.RESOURCES
}
"""Path below `/v3` -> method -> handler, of all families of resources."""

_PAUSE_S = 0.005


class ConstantContactStandIn:
    """One account and two API applications: the bridge's, and an observer's.

    Attributes:
        app: The ASGI application: the V3 API below `/v3`, and the token endpoint.
        account: What the account holds.
        policy: How questions are answered that the vendor's documents leave open.
        limits: Calls a second and a day, for each application.
        observer_token: Access token of the observer; it does not expire.
    """

    def __init__(self, world: World, size: str) -> None:
        self._world = world
        self._size = size
        self._count = count_of(size)
        self._next_settling: asyncio.TimerHandle | None = None
        self.app = self._application()
        now = world.time()
        self.tokens = Tokens(world.generator("constant-contact/tokens"))
        self._bridge = self.tokens.register()
        self._observer = self.tokens.register()
        self._credentials = {
            "client_id": self._bridge.client_id,
            "client_secret": self._bridge.client_secret,
            "access_token": self.tokens.issue_access(self._bridge.client_id, now),
            "refresh_token": self.tokens.issue_refresh(self._bridge.client_id, now),
        }
        self.observer_token = self.tokens.issue_access(self._observer.client_id, now, lasting=True)
        self._first_tokens = copy.deepcopy(self.tokens)
        self._begin()

    def _begin(self) -> None:
        self.authorizations = Authorizations(self._world.generator("constant-contact/codes"))
        self.policy = Policy()
        self.limits = Limits()
        self._meters = {client_id: Meter() for client_id in self.tokens.applications}
        world = self._world
        draws = world.generator("constant-contact/account")
        self.account = firm.found(draws, world.now(), self._size)
        if self._count:
            households = clientele(world, self._count)
            enter_clientele(self.account, households, list_ids(world), world.now())

    def credentials(self) -> dict[str, str]:
        """Return what a connection needs to begin: client id and secret, and the first tokens."""
        return dict(self._credentials)

    def owner_of(self, authorization: str | None) -> Literal["bridge", "observer"] | None:
        """Return whose valid token an `Authorization` header carries."""
        client_id = self._client_of(authorization)
        if client_id is None:
            return None
        return "observer" if client_id == self._observer.client_id else "bridge"

    def settle(self) -> None:
        """Let happen what is due: bulk activities, and what recipients had planned."""
        now = self._world.now()
        if queue.settle(self.account, self.policy, now):
            self._settle_soon()
        schedules.send_due(self.account, now)
        sending.play_due(self.account, self.policy, now)

    def _settle_soon(self) -> None:
        """Go on with what is due between two calls, so that a large import needs no calls."""
        if self._next_settling is None:
            loop = asyncio.get_running_loop()
            self._next_settling = loop.call_later(_PAUSE_S, self._go_on)

    def _go_on(self) -> None:
        self._next_settling = None
        self.settle()

    def snapshot(self) -> Account:
        """Set the account aside for `restore`; until then calls work on a draft of it."""
        before = self.account
        self.account = draft_of(before)
        return before

    def restore(self, snapshot: Account) -> None:
        """Put the account back; tokens, limits and counted calls stay as they are."""
        self.account = snapshot

    def reset(self) -> None:
        """Return to the start, where the first credentials are valid again."""
        self.tokens = copy.deepcopy(self._first_tokens)
        self._begin()

    def usage(self) -> dict[str, dict[str, int]]:
        """Return the calls of this UTC day, by owner."""
        owners = {"bridge": self._bridge.client_id, "observer": self._observer.client_id}
        return {
            owner: {
                "used_today": self._meters[client_id].used_today,
                "refused_today": self._meters[client_id].refused_today,
            }
            for owner, client_id in owners.items()
        }

    def _client_of(self, authorization: str | None) -> str | None:
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return self.tokens.client_of(token, self._world.time())

    def _admit(self, request: Request) -> None:
        """Check token, limits and scope, before anything else as a gateway does."""
        token = request.headers.get("authorization")
        client_id = self._client_of(token)
        if client_id is None:
            raise Refusal(*UNAUTHORIZED)
        is_free = client_id == self._observer.client_id and not self.limits.observer
        self._meters[client_id].count(self.limits, self._world.time(), is_free=is_free)
        grant = self.tokens.grant_of((token or "").partition(" ")[2], self._world.time())
        path = request.url.path.removeprefix("/v3")
        if grant is not None and scopes.needed(request.method, path) not in grant.scopes:
            refusal = no_scope()
            raise report_refused(refusal) if path.startswith("/reports") else refusal

    def disconnect(self) -> None:
        """The account's user withdraws what they had allowed the bridge's application."""
        self.tokens.revoke(self._bridge.client_id)

    def renew_secret(self) -> str:
        """The developer has the portal make another secret for the bridge's application."""
        return self.tokens.renew_secret(self._bridge.client_id)

    def _answer(self, request: Request, handlers: Mapping[str, Handler], raw: bytes) -> Response:
        try:
            self._admit(request)
            self.settle()
            # The server leaves the body of an answer to HEAD out.
            handler = handlers["GET" if request.method == "HEAD" else request.method]
            reads_json = request.method in _WITH_BODY and handler not in bulk.UPLOADS
            status, body = handler(
                ApiCall(
                    account=self.account,
                    policy=self.policy,
                    ids=request.path_params,
                    query=read_query(request.query_params),
                    body=read_json(request, raw) if reads_json else {},
                    now=self._world.now(),
                    effects=effects_of(request.scope),
                    raw=raw,
                    content_type=request.headers.get("content-type", ""),
                )
            )
        except Refusal as refusal:
            return json_response(refusal.status, refusal.body)
        return json_response(status, body)

    def _endpoint(
        self, handlers: Mapping[str, Handler]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            # Past the body nothing awaits: no other call sees a state between two states.
            return self._answer(request, handlers, await request.body())

        return endpoint

    async def _token(self, request: Request) -> Response:
        form = read_form(request.query_params, await request.body())
        try:
            answer = give(
                self.tokens,
                self.authorizations,
                self.policy,
                form,
                authorization=request.headers.get("authorization"),
                now=self._world.time(),
            )
        except Refusal as refusal:
            return json_response(refusal.status, refusal.body)
        return json_response(200, answer)

    def _application(self) -> Starlette:
        pages = ConsentPages(
            lambda: self.authorizations,
            lambda client_id: client_id in self.tokens.applications,
            self._world.time,
        )
        routes = [
            Route(f"/v3{path}", self._endpoint(handlers), methods=list(handlers))
            for path, handlers in _RESOURCES.items()
        ]
        return Starlette(
            routes=[
                *left_out.routes("/v3"),
                *routes,
                Route(TOKEN_PATH, self._token, methods=["POST"]),
                Route(AUTHORIZE_PATH, pages.authorize, methods=["GET", "POST"]),
                Route(DEVICE_PATH, pages.begin_device, methods=["POST"]),
                Route("/activate", pages.activate, methods=["GET", "POST"]),
            ],
            exception_handlers={HTTPException: _outside},
        )


def create_constant_contact(world: World, size: str = "small") -> ConstantContactStandIn:
    """Return a stand-in; its account is that of a firm of some size; see `count_of`."""
    return ConstantContactStandIn(world, size)


async def _outside(_request: Request, error: Exception) -> Response:
    """Answer a path or a method that the API does not have."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    listed: list[dict[str, Any]] = [
        {"error_key": f"contacts.api.http.{status}", "error_message": str(error)}
    ]
    return json_response(status, listed)
