"""The SOAP calls on records that REST does not have: `merge` and `undelete`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from lxml import etree

from sandbox.effects import effects_of
from sandbox.faults import LOCKED
from sandbox.salesforce import merging
from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.rest.soap_login import soap_answer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.salesforce.rest.calls import Api
    from sandbox.salesforce.rest.oauth import Endpoint

_CALLS = frozenset({"merge", "undelete"})
_NOT_FIELDS = frozenset({"type", "Id", "fieldsToNull"})
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def soap_records_endpoint(api: Api, login: Endpoint) -> Endpoint:
    """Return the endpoint that serves these calls, and leaves all others to `login`."""

    async def serve(request: Request) -> Response:
        root = _root(await request.body())
        call = None if root is None else _first(root, "Body", "*")
        name = None if call is None else etree.QName(call).localname
        if root is None or call is None or name not in _CALLS:
            return await login(request)
        with api.org.lock:
            api.org.take_effects()
            api.org.holds_next = request.scope.get(LOCKED, False)
            try:
                session_id = _text(_first(root, "Header", "SessionHeader", "sessionId"))
                user_id = api.sessions.user_of(f"Bearer {session_id}")
                api.usage.count()
                wishes = _all(call, "request" if name == "merge" else "ids")
                act = _merge if name == "merge" else _undelete
                results = [act(api, user_id, wish) for wish in wishes]
            except ApiError as error:
                return _fault(error)
            finally:
                api.org.holds_next = False
                effects_of(request.scope).extend(api.org.take_effects())
        return soap_answer(200, f"<{name}Response>{''.join(results)}</{name}Response>")

    return serve


def _merge(api: Api, user_id: str, wish: etree._Element) -> str:
    master = _first(wish, "masterRecord")
    fields: dict[str, Any] = {}
    for each in [] if master is None else master.iterfind("*"):
        name = etree.QName(each).localname
        if name == "fieldsToNull":
            fields[_text(each)] = None
        elif name not in _NOT_FIELDS:
            fields[name] = _text(each)
    master_id = _text(None if master is None else _first(master, "Id"))
    losers = [_text(each) for each in _all(wish, "recordToMergeIds")]
    sobject = api.org.schema.of_id(master_id)
    for name, value in fields.items():
        field = None if sobject is None else sobject.field(name)
        if field is not None and field.type == "boolean":
            fields[name] = _FLAGS.get(value, value)
    try:
        with api.org.transaction(user_id) as tx:
            done = merging.merge(tx, master_id, losers, fields)
    except ApiError as error:
        return _failed(error)
    merged = "".join(f"<mergedRecordIds>{each}</mergedRecordIds>" for each in done.losers)
    moved = "".join(f"<updatedRelatedIds>{each}</updatedRelatedIds>" for each in done.moved)
    return f"<result><id>{done.master}</id>{merged}<success>true</success>{moved}</result>"


def _undelete(api: Api, user_id: str, wish: etree._Element) -> str:
    try:
        with api.org.transaction(user_id) as tx:
            record_id = merging.undelete(tx, _text(wish))
    except ApiError as error:
        return _failed(error)
    return f"<result><id>{record_id}</id><success>true</success></result>"


def _failed(error: ApiError) -> str:
    fields = "".join(f"<fields>{escape(name)}</fields>" for name in error.fields)
    return (
        f"<result><errors>{fields}<message>{escape(error.message)}</message><statusCode>{error.code}"
        '</statusCode></errors><id xsi:nil="true"/><success>false</success></result>'
    )


def _fault(error: ApiError) -> Response:
    return soap_answer(
        500,
        f"<soapenv:Fault><faultcode>sf:{error.code}</faultcode>"
        f"<faultstring>{error.code}: {escape(error.message)}</faultstring></soapenv:Fault>",
    )


def _root(body: bytes) -> etree._Element | None:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None


def _first(element: etree._Element, *names: str) -> etree._Element | None:
    """Return what a way of names, in any namespace, leads to first."""
    return element.find("/".join("*" if name == "*" else f"{{*}}{name}" for name in names))


def _all(element: etree._Element, name: str) -> list[etree._Element]:
    return element.findall(f"{{*}}{name}")


def _text(element: etree._Element | None) -> str:
    return "" if element is None else (element.text or "").strip()
