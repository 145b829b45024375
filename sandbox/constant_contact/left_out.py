"""What the vendor has and the sandbox has not: 501, so that nobody takes it for a wrong path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from sandbox.constant_contact.answers import json_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

FAMILIES: Final = (
    "/contact_sms_engagement_history",
    "/contacts/sms_engagement_history",
    "/emails/activities/{campaign_activity_id}/abtest",
    "/emails/activities/{campaign_activity_id}/non_opener_resends",
    "/emails/campaign_id_xrefs",
    "/events",
    "/landing_pages",
    "/partner",
    "/reports/landing_page_reports",
    "/reports/sms_reports",
    "/sms",
    "/social",
    "/technology_partners",
)
"""Paths below `/v3` that are left out, with all below them."""

_METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")


def routes(base: str) -> list[Route]:
    """Return the routes that answer 501."""
    return [
        Route(f"{base}{path}", _refuse, methods=_METHODS)
        for family in FAMILIES
        for path in (family, f"{family}/{{rest:path}}")
    ]


async def _refuse(_request: Request) -> Response:
    text = "The sandbox does not have this operation; the vendor does."
    return json_response(501, [{"error_key": "sandbox.not_implemented", "error_message": text}])
