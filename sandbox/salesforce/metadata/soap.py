"""The Metadata API as SOAP: `/services/Soap/m/{version}`, and what clients put behind it."""

from __future__ import annotations

import base64
import binascii
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from xml.sax.saxutils import escape

from lxml import etree

from sandbox.effects import effects_of
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.metadata.deployments import DONE
from sandbox.salesforce.metadata.messages import Options
from sandbox.salesforce.metadata.package import FOLDERS, PARTS
from sandbox.salesforce.metadata.results import deploy_result, file_properties
from sandbox.salesforce.metadata.soap_text import (
    CLIENT,
    SOAP,
    answer,
    asked,
    check_version,
    element,
    fault,
    no_request,
)
from sandbox.salesforce.metadata.xml import NAMESPACE, child, children, flag, text, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.salesforce.metadata.components import Components
    from sandbox.salesforce.metadata.crud import Crud
    from sandbox.salesforce.metadata.deployments import Deployments
    from sandbox.salesforce.rest.calls import Api
    from sandbox.salesforce.rest.oauth import Endpoint

_Item = TypeVar("_Item")


class SoapMetadata:
    """Serves the calls of the Metadata API."""

    def __init__(
        self, api: Api, deployments: Deployments, components: Components, crud: Crud
    ) -> None:
        self._api = api
        self._jobs = deployments
        self._components = components
        self._crud = crud
        self._calls: Mapping[str, Callable[[etree._Element, str, str], str]] = {
            "cancelDeploy": self._cancel_deploy,
            "createMetadata": partial(self._save, creates=True, updates=False),
            "deleteMetadata": self._delete_metadata,
            "updateMetadata": partial(self._save, creates=False, updates=True),
            "upsertMetadata": partial(self._save, creates=True, updates=True),
            "checkDeployStatus": self._check_deploy_status,
            "checkRetrieveStatus": self._check_retrieve_status,
            "deploy": self._deploy,
            "describeMetadata": self._describe_metadata,
            "listMetadata": self._list_metadata,
            "readMetadata": self._read_metadata,
            "retrieve": self._retrieve,
        }

    def endpoint(self) -> Endpoint:
        """Return the endpoint."""

        async def serve(request: Request) -> Response:
            body = await request.body()
            with self._api.org.lock:
                self._api.org.take_effects()
                response = self._serve(request.path_params["version"], body)
                effects_of(request.scope).extend(self._api.org.take_effects())
            return response

        return serve

    def _serve(self, version: str, body: bytes) -> Response:
        try:
            root, wanted = asked(body)
            name = etree.QName(wanted.tag)
            call = self._calls.get(name.localname) if name.namespace == NAMESPACE else None
            if call is None:
                raise no_request(f"No operation available for request {wanted.tag}")
            check_version(version)
            result = call(wanted, version, self._user_of(root))
        except ApiError as error:
            if error.code == CLIENT:
                return fault(CLIENT, error.message)
            return fault(f"sf:{error.code}", f"{error.code}: {error.message}")
        return answer(200, f"<{name.localname}Response>{result}</{name.localname}Response>")

    def _user_of(self, root: etree._Element) -> str:
        session = root.findtext(
            f"{{{SOAP}}}Header/{{{NAMESPACE}}}SessionHeader/{{{NAMESPACE}}}sessionId"
        )
        try:
            user_id = self._api.sessions.user_of(f"Bearer {(session or '').strip()}")
        except ApiError as error:
            message = "Invalid Session ID found in SessionHeader: Illegal Session"
            raise ApiError(error.code, message) from None
        if not self._api.policy().metadata_api and self._api.owner_of(user_id) == "bridge":
            message = "use of the Metadata API requires a user with the ModifyAllData permission"
            raise ApiError("INSUFFICIENT_ACCESS", message)
        self._api.usage.count()
        return user_id

    def _deploy(self, asked: etree._Element, _version: str, user_id: str) -> str:
        options = child(asked, "DeployOptions")
        content = _decoded(text(asked, "ZipFile"))
        job = self._jobs.deploy(content, _options(options), user_id)
        return element("result", {"done": False, "id": job.job_id, "state": "Queued"})

    def _check_deploy_status(self, asked: etree._Element, _version: str, _user: str) -> str:
        job = _found(partial(self._jobs.deployment, _job_id(asked, "asyncProcessId")))
        details = flag(asked, "includeDetails")
        return element("result", deploy_result(self._api.org, job, details=details, as_soap=True))

    def _cancel_deploy(self, asked: etree._Element, _version: str, _user: str) -> str:
        job_id = text(asked, "String") or _job_id(asked, "asyncProcessId")
        job = _found(partial(self._jobs.cancel, job_id))
        return element("result", {"done": job.status in DONE, "id": job.job_id})

    def _retrieve(self, asked: etree._Element, version: str, user_id: str) -> str:
        request = child(asked, "retrieveRequest")
        unpackaged = None if request is None else child(request, "unpackaged")
        if request is None or unpackaged is None:
            raise ApiError("INVALID_ARGUMENT", "retrieveRequest with unpackaged is required")
        # Clients write what is below without its namespace, too.
        members = [
            (kind, name)
            for types in unpackaged.iterfind("{*}types")
            for kind in _plain(types, "name")
            for name in _plain(types, "members")
        ]
        wanted = text(request, "apiVersion") or version
        job = self._jobs.retrieve(members, wanted, user_id)
        return element("result", {"done": False, "id": job.job_id, "state": "Queued"})

    def _check_retrieve_status(self, asked: etree._Element, _version: str, _user: str) -> str:
        job = _found(partial(self._jobs.retrieval, _job_id(asked, "asyncProcessId")))
        done = job.status in DONE
        shown: dict[str, Any] = {
            "done": done,
            "fileProperties": [file_properties(self._api.org, each) for each in job.found],
            "id": job.job_id,
            "messages": [{"fileName": "package.xml", "problem": each} for each in job.missing],
            "status": job.status,
            "success": done,
        }
        if done and (text(asked, "includeZip") or "true").lower() == "true":
            shown["zipFile"] = base64.b64encode(job.content).decode()
        return element("result", shown)

    def _list_metadata(self, asked: etree._Element, _version: str, user_id: str) -> str:
        queries = list(children(asked, "queries"))
        if len(queries) > 3:  # noqa: PLR2004 - the vendor's limit
            raise ApiError("EXCEEDED_MAX_TYPES_LIMIT", "At most 3 queries in one call")
        found = []
        for query in queries:
            kind = text(query, "type") or ""
            if kind not in _known_types():
                raise ApiError("INVALID_TYPE", f"Unknown type:{kind}")
            found += self._components.of(kind, user_id)
        return "".join(element("result", file_properties(self._api.org, each)) for each in found)

    def _describe_metadata(self, _asked: etree._Element, _version: str, _user: str) -> str:
        return element(
            "result",
            {
                "metadataObjects": [
                    {
                        "childXmlNames": sorted(PARTS.get(kind, {}).values()),
                        "directoryName": folder,
                        "inFolder": False,
                        "metaFile": kind in {"ApexClass", "ApexPage", "ApexTrigger"},
                        "suffix": suffix,
                        "xmlName": kind,
                    }
                    for folder, (kind, suffix) in sorted(FOLDERS.items())
                ],
                "organizationNamespace": "",
                "partialSaveAllowed": True,
                "testRequired": False,
            },
        )

    def _save(
        self,
        asked: etree._Element,
        _version: str,
        user_id: str,
        *,
        creates: bool,
        updates: bool,
    ) -> str:
        parts = _at_most_ten(list(children(asked, "metadata")))
        saved = (self._crud.save(each, user_id, creates=creates, updates=updates) for each in parts)
        return "".join(element("result", each) for each in saved)

    def _delete_metadata(self, asked: etree._Element, _version: str, _user: str) -> str:
        kind, names = text(asked, "type") or "", _at_most_ten(texts(asked, "fullNames"))
        return "".join(element("result", self._crud.delete(kind, name)) for name in names)

    def _read_metadata(self, asked: etree._Element, _version: str, user_id: str) -> str:
        kind = text(asked, "type") or ""
        if kind not in _known_types():
            raise ApiError("INVALID_TYPE", f"Unknown type:{kind}")
        names = _at_most_ten(texts(asked, "fullNames"))
        there = {each.full_name: each for each in self._components.of(kind, user_id)}
        if kind == "WorkflowOutboundMessage":
            records = "".join(map(self._components.shown_message, names))
        else:
            records = "".join(_record(kind, name, there.get(name)) for name in names)
        return f"<result>{records}</result>"


def _options(given: etree._Element | None) -> Options:
    """Return the options of a deployment; clients spell truth in any case."""
    if given is None:
        return Options()
    return Options(
        check_only=flag(given, "checkOnly"),
        rollback_on_error=flag(given, "rollbackOnError"),
        allow_missing_files=flag(given, "allowMissingFiles"),
        ignore_warnings=flag(given, "ignoreWarnings"),
        single_package=flag(given, "singlePackage"),
        test_level=text(given, "testLevel"),
    )


def _plain(element: etree._Element, name: str) -> list[str]:
    """Return the texts of all children of a name, in any namespace or none."""
    return [(each.text or "").strip() for each in element.iterfind(f"{{*}}{name}")]


def _at_most_ten(items: list[_Item]) -> list[_Item]:
    if len(items) > 10:  # noqa: PLR2004 - the vendor's limit
        raise ApiError("EXCEEDED_MAX_RECORDS", "At most 10 parts in one call")
    return items


def _known_types() -> frozenset[str]:
    parts = (each for kind in PARTS.values() for each in kind.values())
    return frozenset({*(kind for kind, _ in FOLDERS.values()), *parts})


def _record(kind: str, name: str, component: Any) -> str:
    """Return a part as `readMetadata` shows it: what was deployed of it, or nothing."""
    if component is None or component.source is None or kind in _parts_only():
        inner = f"<fullName>{escape(name)}</fullName>" if component is not None else ""
        return f'<records xsi:type="{kind}">{inner}</records>' if inner else ""
    root = etree.fromstring(component.source)
    for each in children(root, "fullName"):
        root.remove(each)
    inner = "".join(etree.tostring(each, encoding="unicode", with_tail=False) for each in root)
    return f'<records xsi:type="{kind}"><fullName>{escape(name)}</fullName>{inner}</records>'


def _parts_only() -> frozenset[str]:
    return frozenset({each for kind in PARTS.values() for each in kind.values()})


def _decoded(content: str | None) -> bytes:
    try:
        return base64.b64decode(content or "", validate=False)
    except (binascii.Error, ValueError):
        raise ApiError("INVALID_ARGUMENT", "ZipFile is not encoded in base64") from None


def _job_id(asked: etree._Element, name: str) -> str:
    found = text(asked, name)
    if found is None:
        raise ApiError("MISSING_ARGUMENT", f"{name} is required")
    return found


def _found(look: Callable[[], Any]) -> Any:
    try:
        return look()
    except ApiError:
        code = "INVALID_CROSS_REFERENCE_KEY"
        raise ApiError(code, "invalid cross reference id") from None
