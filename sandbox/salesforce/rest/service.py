"""The resources around the records: queries, limits, the lists of versions and resources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.queries import LEAST_PAGE_COUNT, PAGE_COUNT
from sandbox.salesforce.rest.calls import NEWEST_VERSION, OLDEST_VERSION, answer
from sandbox.salesforce.schema import unsupported_type

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.salesforce.rest.calls import Call

_BATCH_SIZE = re.compile(r"\s*batchSize\s*=\s*(\d+)\s*", re.IGNORECASE)
_OF_SETUP = re.compile(
    r"\bFROM\s+(CronTrigger|AsyncApexJob|PermissionSetAssignment)\b", re.IGNORECASE
)
_RESOURCES = (
    "analytics",
    "composite",
    "jobs",
    "limits",
    "metadata",
    "query",
    "queryAll",
    "sobjects",
)
_UNTOUCHED = {
    "DailyAsyncApexExecutions": 250_000,
    "DailyGenericStreamingApiEvents": 10_000,
    "DailyStreamingApiEvents": 10_000,
    "DailyWorkflowEmails": 1_000,
    "DataStorageMB": 5,
    "FileStorageMB": 20,
    "HourlyTimeBasedWorkflow": 1_000,
    "MassEmail": 10,
    "SingleEmail": 15,
}
"""Allowances of a Developer Edition of which nothing here is ever used."""
_SEASONS = ("Spring", "Summer", "Winter")


async def list_versions(_: Request) -> Response:
    """List the API versions; the one resource that needs no session."""
    return answer(
        200,
        [
            {
                "label": _release(version),
                "url": f"/services/data/v{version}.0",
                "version": f"{version}.0",
            }
            for version in range(OLDEST_VERSION, NEWEST_VERSION + 1)
        ],
    )


def list_resources(call: Call) -> Response:
    """List what this version offers."""
    return answer(200, {name: f"/services/data/v{call.version}/{name}" for name in _RESOURCES})


def show_limits(call: Call) -> Response:
    """Return the org's allowances and what is left of them."""
    usage = call.api.usage
    requests = {"Max": usage.allowed, "Remaining": usage.allowed - usage.used}
    untouched = {name: {"Max": most, "Remaining": most} for name, most in _UNTOUCHED.items()}
    return answer(200, {**untouched, "DailyApiRequests": requests, **usage.others()})


def query(call: Call) -> Response:
    """Run a query over the records that are not deleted."""
    return _query(call, deleted_too=False)


def query_all(call: Call) -> Response:
    """Run a query over all records, deleted ones too."""
    return _query(call, deleted_too=True)


def query_more(call: Call) -> Response:
    """Return a further page of a query."""
    page = call.api.queries.more(call.path["locator"], user_id=call.user_id, version=call.version)
    return answer(200, page)


def _query(call: Call, *, deleted_too: bool) -> Response:
    text = call.query.get("q")
    if not text:
        raise ApiError("MALFORMED_QUERY", "A query string has to be specified")
    hidden = _OF_SETUP.search(text)
    is_bridge = call.api.owner_of(call.user_id) == "bridge"
    if hidden is not None and is_bridge and not call.api.policy().setup_visible:
        raise ApiError("INVALID_TYPE", unsupported_type(hidden[1]))
    page = call.api.queries.run(
        text,
        user_id=call.user_id,
        version=call.version,
        deleted_too=deleted_too,
        page_count=_page_count(call.headers.get("sforce-query-options", "")),
    )
    return answer(200, page)


def _page_count(options: str) -> int:
    match = _BATCH_SIZE.fullmatch(options)
    return min(max(int(match[1]), LEAST_PAGE_COUNT), PAGE_COUNT) if match else PAGE_COUNT


def _release(version: int) -> str:
    """Return a release's name.

    >>> _release(66), _release(67), _release(68)
    ("Spring '26", "Summer '26", "Winter '27")
    """
    years, season = divmod(version - 66, 3)
    year = 26 + years + (season == _SEASONS.index("Winter"))
    return f"{_SEASONS[season]} '{year}"
