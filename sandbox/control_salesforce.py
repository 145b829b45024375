"""What an administrator of the Salesforce org sees and sets in Setup: part of the control API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias
from urllib.parse import parse_qs

from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from sandbox.salesforce.administration import AccessLimit, Hire, Merge, Undelete
from sandbox.salesforce.canvas import Launch, launcher
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.features import Features
from sandbox.salesforce.grants import AppSettings
from sandbox.salesforce.outbound.status_page import status_page
from sandbox.salesforce.policy import Policy
from sandbox.salesforce.reports.shelf import Report
from sandbox.salesforce.saving_rules import SavingRules
from sandbox.salesforce.setting_up import OrgSetup

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.salesforce.administration import Administration
    from sandbox.salesforce.grants import Grants

_ACCESS = TypeAdapter(list[AccessLimit])
_REPORTS = TypeAdapter(list[Report])
_Endpoint: TypeAlias = Callable[["Request"], Awaitable[Response]]


class Org(Protocol):
    """What Setup needs of the Salesforce stand-in."""

    policy: Policy
    grants: Grants

    @property
    def administration(self) -> Administration:
        """What an administrator does with rules and records."""

    def make_bare(self) -> None:
        """Be as an org is before the bridge's package."""

    def definitions(self) -> list[dict[str, object]]:
        """Return the outbound messages that are deployed."""

    def canvas(self, launch: Launch) -> str | None:
        """Return a signed request for a page, or None where the record is not there."""

    def wsdl(self, full_name: str) -> str | None:
        """Return the WSDL of a deployed outbound message."""

    def deliveries(self) -> list[dict[str, object]]:
        """Return the queue of outbound messages."""

    def ended_deliveries(self) -> list[dict[str, object]]:
        """Return the latest messages that were delivered or dropped."""

    def retry(self, notification_ids: Iterable[str]) -> None:
        """Make deliveries due now."""

    def remove_deliveries(self, notification_ids: Iterable[str]) -> None:
        """Drop deliveries."""


@dataclass(frozen=True)
class SalesforceSetup:
    """The pages and settings of one org."""

    org: Org

    def paths(self) -> Mapping[str, Mapping[str, _Endpoint]]:
        """Return what serves each path, by HTTP method."""
        return {
            "/salesforce/access": {"GET": self._get_access, "PUT": self._put_access},
            "/salesforce/application": {
                "GET": self._get_application,
                "PUT": self._put_application,
            },
            "/salesforce/bare": {"POST": self._make_bare},
            "/salesforce/canvas": {"GET": self._open_canvas, "POST": self._sign_canvas},
            "/salesforce/definitions": {"GET": self._get_definitions},
            "/salesforce/definitions/{full_name}/wsdl": {"GET": self._get_wsdl},
            "/salesforce/delivery-status": {
                "GET": self._show_delivery_status,
                "POST": self._press_on_delivery_status,
            },
            "/salesforce/features": {"GET": self._get_features, "PUT": self._put_features},
            "/salesforce/merge": {"POST": self._merge},
            "/salesforce/undelete": {"POST": self._undelete},
            "/salesforce/reports": {"GET": self._get_reports, "PUT": self._put_reports},
            "/salesforce/saving-rules": {
                "GET": self._get_saving_rules,
                "PUT": self._put_saving_rules,
            },
            "/salesforce/setup": {"POST": self._set_up},
            "/salesforce/users": {"POST": self._hire},
            "/salesforce/policy": {"GET": self._get_policy, "PUT": self._put_policy},
        }

    async def _get_access(self, _request: Request) -> Response:
        return JSONResponse(
            [each.model_dump() for each in self.org.administration.limited_access()]
        )

    async def _put_access(self, request: Request) -> Response:
        limits = _ACCESS.validate_json(await request.body() or b"[]")
        self.org.administration.limit_access(limits)
        return await self._get_access(request)

    async def _get_application(self, _request: Request) -> Response:
        return JSONResponse(self.org.grants.settings.model_dump())

    async def _put_application(self, request: Request) -> Response:
        self.org.grants.settings = AppSettings.model_validate_json(await request.body() or b"{}")
        return await self._get_application(request)

    async def _make_bare(self, _request: Request) -> Response:
        self.org.make_bare()
        return await self._get_definitions(_request)

    async def _open_canvas(self, request: Request) -> Response:
        launch = Launch.model_validate(dict(request.query_params))
        return HTMLResponse(launcher(launch.url, self._signed(launch)))

    async def _sign_canvas(self, request: Request) -> Response:
        launch = Launch.model_validate_json(await request.body() or b"{}")
        return JSONResponse({"url": launch.url, "signed_request": self._signed(launch)})

    def _signed(self, launch: Launch) -> str:
        signed = self.org.canvas(launch)
        if signed is None:
            raise HTTPException(404, "record_id: no record of that id")
        return signed

    async def _get_definitions(self, _request: Request) -> Response:
        return JSONResponse(self.org.definitions())

    async def _get_wsdl(self, request: Request) -> Response:
        text = self.org.wsdl(request.path_params["full_name"])
        if text is None:
            raise HTTPException(404, "no outbound message of that name is deployed")
        return Response(text, media_type="text/xml")

    async def _show_delivery_status(self, _request: Request) -> Response:
        return HTMLResponse(status_page(self.org.deliveries(), self.org.ended_deliveries()))

    async def _press_on_delivery_status(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode("utf-8", "replace"))
        pressed = form.get("notification_id", [])
        match form.get("action"):
            case ["retry"]:
                self.org.retry(pressed)
            case ["remove"]:
                self.org.remove_deliveries(pressed)
            case _:
                raise HTTPException(400, "action: retry or remove")
        return RedirectResponse("delivery-status", status_code=303)

    async def _get_features(self, _request: Request) -> Response:
        return JSONResponse(self.org.administration.features.model_dump())

    async def _put_features(self, request: Request) -> Response:
        wanted = Features.model_validate_json(await request.body() or b"{}")
        self.org.administration.turn_on(wanted)
        return await self._get_features(request)

    async def _merge(self, request: Request) -> Response:
        asked = Merge.model_validate_json(await request.body() or b"{}")
        with _refusals():
            done = self.org.administration.merge(asked)
        return JSONResponse(done)

    async def _hire(self, request: Request) -> Response:
        asked = Hire.model_validate_json(await request.body() or b"{}")
        return JSONResponse({"id": self.org.administration.hire(asked)})

    async def _undelete(self, request: Request) -> Response:
        asked = Undelete.model_validate_json(await request.body() or b"{}")
        with _refusals():
            return JSONResponse({"ids": self.org.administration.undelete(asked)})

    async def _get_reports(self, _request: Request) -> Response:
        return JSONResponse(self.org.administration.reports())

    async def _put_reports(self, request: Request) -> Response:
        reports = _REPORTS.validate_json(await request.body() or b"[]")
        self.org.administration.keep_reports(reports)
        return await self._get_reports(request)

    async def _get_saving_rules(self, _request: Request) -> Response:
        return JSONResponse(self.org.administration.saving_rules.model_dump())

    async def _put_saving_rules(self, request: Request) -> Response:
        rules = SavingRules.model_validate_json(await request.body() or b"{}")
        with _refusals():
            self.org.administration.keep_saving_rules(rules)
        return await self._get_saving_rules(request)

    async def _set_up(self, request: Request) -> Response:
        asked = OrgSetup.model_validate_json(await request.body() or b"{}")
        with _refusals():
            self.org.administration.set_up(asked)
        return JSONResponse({})

    async def _get_policy(self, _request: Request) -> Response:
        return JSONResponse(self.org.policy.model_dump())

    async def _put_policy(self, request: Request) -> Response:
        self.org.policy = Policy.model_validate_json(await request.body() or b"{}")
        return await self._get_policy(request)


@contextmanager
def _refusals() -> Iterator[None]:
    """Refuse in the words of the control API what the org refuses."""
    try:
        yield
    except ApiError as error:
        raise HTTPException(400, f"{error.code}: {error.message}") from None
