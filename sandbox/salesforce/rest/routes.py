"""Which address is served by what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from sandbox.salesforce.rest import composite, service
from sandbox.salesforce.rest.authorize import authorize_endpoint
from sandbox.salesforce.rest.calls import Api, resource
from sandbox.salesforce.rest.oauth import (
    keys_endpoint,
    revoke_endpoint,
    token_endpoint,
    userinfo_endpoint,
)
from sandbox.salesforce.rest.resources import RESOURCES, ROOT
from sandbox.salesforce.rest.soap_login import soap_login_endpoint
from sandbox.salesforce.rest.soap_records import soap_records_endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.salesforce.grants import Grants
    from sandbox.salesforce.login import Application
    from sandbox.salesforce.rest.calls import Handler

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def routes(api: Api, application: Application, organization_id: str, grants: Grants) -> list[Route]:
    """Return the routes of one org's host."""

    def route(path: str, handlers: Mapping[str, Handler]) -> Route:
        return Route(ROOT + path, resource(api, **handlers), methods=_METHODS)

    login = soap_login_endpoint(api, application, organization_id, grants)
    soap = soap_records_endpoint(api, login)
    return [
        Route(
            "/services/oauth2/token",
            token_endpoint(api, application, organization_id, grants),
            methods=["POST"],
        ),
        Route(
            "/services/oauth2/authorize",
            authorize_endpoint(api, application, grants),
            methods=["GET", "POST"],
        ),
        Route("/services/oauth2/revoke", revoke_endpoint(api, grants), methods=["GET", "POST"]),
        Route(
            "/services/oauth2/userinfo",
            userinfo_endpoint(api, organization_id),
            methods=["GET", "POST"],
        ),
        Route("/id/keys", keys_endpoint),
        Route("/services/Soap/u/{version}", soap, methods=["POST"]),
        # The address that a login answers has the id of the org behind it.
        Route("/services/Soap/u/{version}/{rest:path}", soap, methods=["POST"]),
        Route("/services/data", service.list_versions),
        route("/composite", {"POST": composite.composite}),
        route("/composite/batch", {"POST": composite.batch}),
        route("/composite/graph", {"POST": composite.graph}),
        *(route(path, handlers) for path, handlers in RESOURCES.items()),
    ]
