"""Which address is served by what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from sandbox.salesforce.rest import collections, records, service
from sandbox.salesforce.rest.authorize import authorize_endpoint
from sandbox.salesforce.rest.calls import Api, resource
from sandbox.salesforce.rest.oauth import revoke_endpoint, token_endpoint, userinfo_endpoint
from sandbox.salesforce.rest.soap_login import soap_login_endpoint

if TYPE_CHECKING:
    from sandbox.salesforce.grants import Grants
    from sandbox.salesforce.login import Application
    from sandbox.salesforce.rest.calls import Handler

ROOT = "/services/data/v{version}"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def routes(api: Api, application: Application, organization_id: str, grants: Grants) -> list[Route]:
    """Return the routes of one org's host."""

    def route(path: str, **handlers: Handler) -> Route:
        return Route(ROOT + path, resource(api, **handlers), methods=_METHODS)

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
        Route(
            "/services/Soap/u/{version}",
            soap_login_endpoint(api, application, organization_id, grants),
            methods=["POST"],
        ),
        Route("/services/data", service.list_versions),
        route("", GET=service.list_resources),
        route("/limits", GET=service.show_limits),
        route("/query", GET=service.query),
        route("/queryAll", GET=service.query_all),
        route("/query/{locator}", GET=service.query_more),
        route("/queryAll/{locator}", GET=service.query_more),
        route(
            "/composite/sobjects",
            POST=collections.create,
            PATCH=collections.update,
            DELETE=collections.delete,
        ),
        route("/composite/sobjects/{object}", GET=collections.retrieve, POST=collections.retrieve),
        route("/composite/sobjects/{object}/{field}", PATCH=collections.upsert),
        route("/sobjects", GET=records.list_objects),
        route("/sobjects/{object}", GET=records.show_object, POST=records.create),
        route("/sobjects/{object}/describe", GET=records.describe_object),
        route("/sobjects/{object}/updated", GET=records.show_updated),
        route("/sobjects/{object}/deleted", GET=records.show_deleted),
        route(
            "/sobjects/{object}/{id}",
            GET=records.read,
            PATCH=records.change,
            DELETE=records.remove,
        ),
        route(
            "/sobjects/{object}/{field}/{value:path}",
            GET=records.read_by_key,
            PATCH=records.upsert,
            DELETE=records.remove_by_key,
        ),
    ]
