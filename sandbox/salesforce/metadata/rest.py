"""Deployments over REST: `/metadata/deployRequest`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.metadata.messages import Options
from sandbox.salesforce.metadata.results import deploy_result
from sandbox.salesforce.rest import multipart
from sandbox.salesforce.rest.calls import answer, resource

if TYPE_CHECKING:
    from starlette.responses import Response

    from sandbox.salesforce.metadata.deployments import Deployment, Deployments
    from sandbox.salesforce.rest.calls import Api, Call

_ROOT = "/services/data/v{version}/metadata/deployRequest"
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def metadata_routes(api: Api, deployments: Deployments) -> list[Route]:
    """Return the routes of deployments for one org."""
    rest = _Deployments(deployments)
    return [
        Route(_ROOT, resource(api, POST=rest.create), methods=_METHODS),
        Route(
            _ROOT + "/{id}",
            resource(api, GET=rest.show, PATCH=rest.cancel),
            methods=_METHODS,
        ),
    ]


class _Deployments:
    def __init__(self, deployments: Deployments) -> None:
        self._jobs = deployments

    def create(self, call: Call) -> Response:
        """Queue a package that comes with its options in one multipart request."""
        parts = multipart.parts(call.headers.get("content-type", ""), call.body)
        package = parts.pop("file", None)
        # Clients name the other part `json` or `entity_content`.
        options = next(iter(parts.values()), None)
        if package is None or options is None:
            message = "A multipart request needs the part 'file' and one with the options"
            raise ApiError("INVALID_MULTIPART_REQUEST", message)
        job = self._jobs.deploy(package, _options(options), call.user_id)
        return answer(201, self._shown(call, job, details=False) | {"id": job.job_id})

    def show(self, call: Call) -> Response:
        """Show how far a deployment is."""
        job = self._jobs.deployment(call.path["id"])
        return answer(200, self._shown(call, job, details=call.flag("includeDetails")))

    def cancel(self, call: Call) -> Response:
        """Cancel a deployment."""
        asked = call.json().get("deployResult")
        if not isinstance(asked, dict) or asked.get("status") not in {"Canceling", "Canceled"}:
            message = "deployResult.status must be Canceling"
            raise ApiError("INVALID_ARGUMENT", message)
        job = self._jobs.cancel(call.path["id"])
        return answer(202, self._shown(call, job, details=False))

    def _shown(self, call: Call, job: Deployment, *, details: bool) -> dict[str, Any]:
        return {
            "id": job.job_id,
            "url": f"/services/data/v{call.version}/metadata/deployRequest/{job.job_id}",
            "validatedDeployRequestId": None,
            "deployOptions": {
                "allowMissingFiles": job.options.allow_missing_files,
                "checkOnly": job.options.check_only,
                "ignoreWarnings": job.options.ignore_warnings,
                "rollbackOnError": job.options.rollback_on_error,
                "singlePackage": job.options.single_package,
                "testLevel": job.options.test_level,
            },
            "deployResult": deploy_result(call.org, job, details=details, as_soap=False),
        }


def _options(content: bytes) -> Options:
    try:
        body = json.loads(content)
    except (UnicodeDecodeError, ValueError, RecursionError):
        body = None
    asked = body.get("deployOptions") if isinstance(body, dict) else None
    if not isinstance(asked, dict):
        message = "The options are required to be an object with deployOptions"
        raise ApiError("JSON_PARSER_ERROR", message)
    test_level = asked.get("testLevel")
    return Options(
        check_only=asked.get("checkOnly") is True,
        rollback_on_error=asked.get("rollbackOnError", True) is True,
        allow_missing_files=asked.get("allowMissingFiles") is True,
        ignore_warnings=asked.get("ignoreWarnings") is True,
        single_package=asked.get("singlePackage") is True,
        test_level=test_level if isinstance(test_level, str) else None,
    )
