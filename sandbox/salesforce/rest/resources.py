"""The resources below `/services/data/vXX.X`, and calls to them from within another call."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.routing import compile_path

from sandbox.salesforce.errors import ApiError, not_found
from sandbox.salesforce.rest import (
    collections,
    list_views,
    records,
    relationships,
    reports,
    service,
    tree,
)
from sandbox.salesforce.rest.calls import Call, is_served, not_allowed, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.responses import Response

    from sandbox.salesforce.rest.calls import Handler

ROOT = "/services/data/v{version}"
RESOURCES: Mapping[str, Mapping[str, Handler]] = {
    "": {"GET": service.list_resources},
    "/limits": {"GET": service.show_limits},
    "/query": {"GET": service.query},
    "/queryAll": {"GET": service.query_all},
    "/query/{locator}": {"GET": service.query_more},
    "/queryAll/{locator}": {"GET": service.query_more},
    "/composite/tree/{object}": {"POST": tree.create},
    "/composite/sobjects": {
        "POST": collections.create,
        "PATCH": collections.update,
        "DELETE": collections.delete,
    },
    "/composite/sobjects/{object}": {"GET": collections.retrieve, "POST": collections.retrieve},
    "/composite/sobjects/{object}/{field}": {"PATCH": collections.upsert},
    "/analytics/reports": {"GET": reports.show_recent},
    "/analytics/reports/{report}": {"GET": reports.run_report, "POST": reports.run_report},
    "/analytics/reports/{report}/describe": {"GET": reports.describe_report},
    "/sobjects": {"GET": records.list_objects},
    "/sobjects/{object}": {"GET": records.show_object, "POST": records.create},
    "/sobjects/{object}/describe": {"GET": records.describe_object},
    "/sobjects/{object}/updated": {"GET": records.show_updated},
    "/sobjects/{object}/deleted": {"GET": records.show_deleted},
    "/sobjects/{object}/listviews": {"GET": list_views.show_views},
    "/sobjects/{object}/listviews/{view}": {"GET": list_views.show_view},
    "/sobjects/{object}/listviews/{view}/describe": {"GET": list_views.describe_view},
    "/sobjects/{object}/listviews/{view}/results": {"GET": list_views.show_results},
    "/sobjects/{object}/{id}": {
        "GET": records.read,
        "PATCH": records.change,
        "DELETE": records.remove,
    },
    "/sobjects/{object}/{field}/{value:path}": {
        "GET": relationships.read,
        "PATCH": relationships.change,
        "DELETE": relationships.remove,
    },
}
"""Path -> HTTP method -> what serves it. The first path that fits is taken."""

_PATTERNS = [(compile_path(ROOT + path)[0], handlers) for path, handlers in RESOURCES.items()]
_ROOTLESS = re.compile(r"^/?v(?=\d\d\.\d/)")


def call_within(
    call: Call, method: str, url: str, body: object, headers: Mapping[str, str] | None = None
) -> Response:
    """Serve one call that another one holds; a refusal is its answer.

    Args:
        call: The call that holds it.
        method: Its HTTP method.
        url: Its address without a host; `/services/data/` may be left out.
        body: Its JSON value, None for an empty body.
        headers: Headers of its own, next to those of the call that holds it.
    """
    try:
        return _served(call, method.upper(), url, body, headers or {})
    except ApiError as error:
        return refusal(call.api, error, version=call.version)


def _served(
    call: Call, method: str, url: str, body: object, headers: Mapping[str, str]
) -> Response:
    try:
        parts = urlsplit(_ROOTLESS.sub("/services/data/v", url, count=1))
    except ValueError:
        raise not_found() from None
    path = unquote(parts.path).rstrip("/")
    for pattern, handlers in _PATTERNS:
        match = pattern.match(path)
        if match is None:
            continue
        found: dict[str, Any] = match.groupdict()
        if not is_served(found["version"]):
            raise not_found()
        if method not in handlers:
            raise not_allowed(method, handlers)
        return handlers[method](
            Call(
                api=call.api,
                version=found["version"],
                user_id=call.user_id,
                path=found,
                query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers={**call.headers, **{name.lower(): text for name, text in headers.items()}},
                body=b"" if body is None else json.dumps(body).encode(),
            )
        )
    raise not_found()
