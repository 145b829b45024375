"""The control API: what people do, what goes wrong, what time it is; for demo, tests, dry runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.constant_contact import people, sending
from sandbox.constant_contact.authorizations import PortalSettings
from sandbox.constant_contact.people import NobodyThere
from sandbox.constant_contact.policy import Limits, Policy
from sandbox.constant_contact.sending import PlayedCampaign, PlayedSending
from sandbox.control_bodies import (
    Advance,
    Confirm,
    Deliveries,
    EndpointUrl,
    LeaveList,
    Queue,
    Unsubscribe,
)
from sandbox.control_salesforce import Org, SalesforceSetup
from sandbox.faults import Fault

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.constant_contact.app import ConstantContactStandIn
    from sandbox.constant_contact.mailings import Mailing
    from sandbox.world import World

_CLOCK_TIMEOUT_S = 10
_Model = TypeVar("_Model", bound=BaseModel)
_Endpoint: TypeAlias = Callable[["Request"], Awaitable[Response]]


class Salesforce(Org, Protocol):
    """What the control API needs of the Salesforce stand-in."""

    endpoint: str | None
    retry_factor: float

    def reset(self) -> None:
        """Return to the start."""


class _Refused(Exception):
    """The request cannot be carried out; the message says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


_FAULTS = TypeAdapter(list[Fault])


@dataclass(frozen=True, kw_only=True)
class Control:
    """The control API over both stand-ins."""

    world: World
    salesforce: Salesforce
    constant_contact: ConstantContactStandIn

    def app(self) -> Starlette:
        """Return the ASGI application."""
        paths: Mapping[str, Mapping[str, _Endpoint]] = {
            "/salesforce/endpoint": {"GET": self._get_endpoint, "PUT": self._put_endpoint},
            "/salesforce/deliveries": {"GET": self._get_deliveries},
            "/salesforce/deliveries/ended": {"GET": self._get_ended_deliveries},
            "/salesforce/deliveries/retry": {"POST": self._retry_deliveries},
            "/salesforce/deliveries/remove": {"POST": self._remove_deliveries},
            "/salesforce/queue": {"GET": self._get_queue, "PUT": self._put_queue},
            **SalesforceSetup(self.salesforce).paths(),
            "/constant-contact/unsubscribe": {"POST": self._unsubscribe},
            "/constant-contact/leave-list": {"POST": self._leave_list},
            "/constant-contact/confirm": {"POST": self._confirm},
            "/constant-contact/campaigns": {"POST": self._send_campaign},
            "/constant-contact/campaigns/{campaign_id}/send": {"POST": self._send_again},
            "/constant-contact/campaigns/{campaign_id}/remove": {"POST": self._remove_campaign},
            "/constant-contact/application": {
                "GET": self._get_application,
                "PUT": self._put_application,
            },
            "/constant-contact/application/secret": {"POST": self._renew_secret},
            "/constant-contact/disconnect": {"POST": self._disconnect},
            "/constant-contact/limits": {"GET": self._get_limits, "PUT": self._put_limits},
            "/constant-contact/policy": {"GET": self._get_policy, "PUT": self._put_policy},
            "/clock": {"GET": self._get_clock, "POST": self._post_clock},
            "/faults": {"GET": self._get_faults, "PUT": self._put_faults},
            "/calls": {"GET": self._get_calls},
            "/reset": {"POST": self._reset},
        }
        return Starlette(
            routes=[
                Route(path, endpoint, methods=[method])
                for path, endpoints in paths.items()
                for method, endpoint in endpoints.items()
            ],
            exception_handlers={
                _Refused: _refuse,
                NobodyThere: _refuse,
                ValidationError: _refuse,
                HTTPException: _refuse,
            },
        )

    async def _get_endpoint(self, _request: Request) -> Response:
        return JSONResponse({"url": self.salesforce.endpoint})

    async def _put_endpoint(self, request: Request) -> Response:
        url = (await _read(request, EndpointUrl)).url
        if url is not None and urlsplit(url).scheme not in {"http", "https"}:
            raise _Refused(400, "url: an http or https address, or null")
        self.salesforce.endpoint = url
        return JSONResponse({"url": url})

    async def _get_deliveries(self, _request: Request) -> Response:
        return JSONResponse(self.salesforce.deliveries())

    async def _get_ended_deliveries(self, _request: Request) -> Response:
        return JSONResponse(self.salesforce.ended_deliveries())

    async def _retry_deliveries(self, request: Request) -> Response:
        self.salesforce.retry((await _read(request, Deliveries)).notification_ids)
        return await self._get_deliveries(request)

    async def _remove_deliveries(self, request: Request) -> Response:
        self.salesforce.remove_deliveries((await _read(request, Deliveries)).notification_ids)
        return await self._get_deliveries(request)

    async def _get_queue(self, _request: Request) -> Response:
        return JSONResponse({"retry_factor": self.salesforce.retry_factor})

    async def _put_queue(self, request: Request) -> Response:
        self.salesforce.retry_factor = (await _read(request, Queue)).retry_factor
        return await self._get_queue(request)

    async def _unsubscribe(self, request: Request) -> Response:
        asked = await _read(request, Unsubscribe)
        there = self.constant_contact
        people.unsubscribe(there.account, there.policy, asked.email, self.world.now(), asked.reason)
        return JSONResponse({})

    async def _leave_list(self, request: Request) -> Response:
        asked = await _read(request, LeaveList)
        account = self.constant_contact.account
        people.leave_list(account, asked.email, asked.list_id, self.world.now())
        return JSONResponse({})

    async def _confirm(self, request: Request) -> Response:
        asked = await _read(request, Confirm)
        people.confirm(self.constant_contact.account, asked.email, self.world.now())
        return JSONResponse({})

    async def _send_campaign(self, request: Request) -> Response:
        played = await _read(request, PlayedCampaign)
        self.constant_contact.settle()
        account = self.constant_contact.account
        mailing, sent = sending.send_campaign(account, played, self.world.now())
        self.constant_contact.settle()
        return _sent(mailing, 0 if sent is None else sent.count)

    async def _send_again(self, request: Request) -> Response:
        played = await _read(request, PlayedSending)
        self.constant_contact.settle()
        account, campaign_id = self.constant_contact.account, request.path_params["campaign_id"]
        mailing, sent = sending.send_again(account, campaign_id, played, self.world.now())
        self.constant_contact.settle()
        return _sent(mailing, sent.count)

    async def _remove_campaign(self, request: Request) -> Response:
        account, campaign_id = self.constant_contact.account, request.path_params["campaign_id"]
        sending.remove_campaign(account, campaign_id, self.world.now())
        return JSONResponse({})

    async def _get_application(self, _request: Request) -> Response:
        return JSONResponse(self.constant_contact.authorizations.settings.model_dump())

    async def _put_application(self, request: Request) -> Response:
        settings = await _read(request, PortalSettings)
        self.constant_contact.authorizations.settings = settings
        return await self._get_application(request)

    async def _renew_secret(self, _request: Request) -> Response:
        return JSONResponse({"client_secret": self.constant_contact.renew_secret()})

    async def _disconnect(self, _request: Request) -> Response:
        self.constant_contact.disconnect()
        return JSONResponse({})

    async def _get_limits(self, _request: Request) -> Response:
        there = self.constant_contact
        return JSONResponse({**there.limits.model_dump(), "usage": there.usage()})

    async def _put_limits(self, request: Request) -> Response:
        self.constant_contact.limits = await _read(request, Limits)
        return await self._get_limits(request)

    async def _get_policy(self, _request: Request) -> Response:
        return JSONResponse(self.constant_contact.policy.model_dump())

    async def _put_policy(self, request: Request) -> Response:
        self.constant_contact.policy = await _read(request, Policy)
        return await self._get_policy(request)

    async def _get_clock(self, _request: Request) -> Response:
        return JSONResponse({"now": self.world.now().isoformat()})

    async def _post_clock(self, request: Request) -> Response:
        seconds = (await _read(request, Advance)).advance_s
        # The vendor's clock goes first: a call of the bridge is never early for its limits.
        self.world.advance(seconds)
        bridge = await asyncio.to_thread(_move_bridge_clock, self.salesforce.endpoint, seconds)
        return JSONResponse({"now": self.world.now().isoformat(), "bridge": bridge})

    async def _get_faults(self, _request: Request) -> Response:
        return JSONResponse(self.world.faults.listed())

    async def _put_faults(self, request: Request) -> Response:
        faults = _FAULTS.validate_json(await request.body())
        for fault in faults:
            if not fault.is_possible():
                raise _Refused(400, f"{fault.side} has no fault of the kind {fault.kind}")
        self.world.faults.replace(faults)
        return JSONResponse(self.world.faults.listed())

    async def _get_calls(self, request: Request) -> Response:
        side = request.query_params.get("side")
        if side not in {None, "salesforce", "constant_contact"}:
            raise _Refused(400, "side: salesforce or constant_contact")
        return JSONResponse(self.world.calls.listed(side))

    async def _reset(self, _request: Request) -> Response:
        self.world.reset()
        self.salesforce.reset()
        self.constant_contact.reset()
        return JSONResponse({})


def _sent(mailing: Mailing, count: int) -> Response:
    return JSONResponse(
        {
            "campaign_id": mailing.campaign_id,
            "campaign_activity_id": mailing.campaign_activity_id,
            "sent": count,
        },
        201,
    )


async def _read(request: Request, model: type[_Model]) -> _Model:
    return model.model_validate_json(await request.body() or b"{}")


def _move_bridge_clock(endpoint: str | None, seconds: float) -> dict[str, object] | None:
    """Ask the bridge behind the endpoint to move its clock as well, and report what it said."""
    if endpoint is None:
        return None
    parts = urlsplit(endpoint)
    url = urlunsplit((parts.scheme, parts.netloc, "/clock", "", ""))
    try:
        answer = requests.post(url, json={"advance_s": seconds}, timeout=_CLOCK_TIMEOUT_S)
    except requests.RequestException as error:
        return {"url": url, "status": None, "error": type(error).__name__}
    return {"url": url, "status": answer.status_code, "error": None}


async def _refuse(_request: Request, error: Exception) -> Response:
    if isinstance(error, ValidationError):
        faults = json.loads(error.json(include_url=False, include_input=False))
        lines = [f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in faults]
        return JSONResponse({"error": "; ".join(lines)}, 400)
    if isinstance(error, NobodyThere):
        return JSONResponse({"error": str(error)}, 404)
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code)
    status = error.status if isinstance(error, _Refused) else 500
    return JSONResponse({"error": str(error)}, status)
