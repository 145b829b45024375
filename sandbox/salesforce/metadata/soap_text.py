"""SOAP envelopes: what a client asks in one, and what it is answered."""

from __future__ import annotations

from xml.sax.saxutils import escape

from lxml import etree
from starlette.responses import Response

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.metadata.xml import NAMESPACE
from sandbox.salesforce.rest.calls import NEWEST_VERSION, OLDEST_VERSION

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    f'<soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns="{NAMESPACE}" '
    'xmlns:sf="http://soap.sforce.com/2006/04/metadata" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)
CLIENT = "soapenv:Client"
_NOT_XML = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 65534, 65535))


def asked(body: bytes) -> tuple[etree._Element, etree._Element]:
    """Return the envelope of a request and the call in it."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise no_request(f"Unable to parse request: {error.msg}") from None
    found = root.find(f"{{{SOAP}}}Body")
    asked = None if found is None else next((each for each in found.iterfind("*")), None)
    if root.tag != f"{{{SOAP}}}Envelope" or asked is None:
        raise no_request("The request is no SOAP envelope with a body")
    return root, asked


def no_request(message: str) -> ApiError:
    """Return the refusal of what is no call at all."""
    return ApiError(CLIENT, message)


def check_version(version: str) -> None:
    """Check the API version that an address names.

    Raises:
        ApiError: If it is not served.
    """
    try:
        served = OLDEST_VERSION <= float(version) <= NEWEST_VERSION
    except ValueError:
        served = False
    if not served:
        raise ApiError("UNSUPPORTED_API_VERSION", f"Invalid Api version specified: {version}")


def element(name: str, value: object) -> str:
    """Return a value as an element; None and empty lists leave nothing, lists repeat it."""
    if value is None:
        return ""
    if isinstance(value, dict):
        inner = "".join(element(key, each) for key, each in value.items())
        return f"<{name}>{inner}</{name}>"
    if isinstance(value, list):
        return "".join(element(name, each) for each in value)
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(shown.translate(_NOT_XML))}</{name}>"


def fault(code: str, message: str) -> Response:
    """Return a SOAP fault."""
    return answer(
        500,
        f"<soapenv:Fault><faultcode>{code}</faultcode>"
        f"<faultstring>{escape(message.translate(_NOT_XML))}</faultstring></soapenv:Fault>",
    )


def answer(status: int, content: str) -> Response:
    """Return an envelope around an answer's body."""
    return Response(
        _ENVELOPE.format(content).encode("utf-8", "replace"),
        status_code=status,
        headers={"Content-Type": "text/xml;charset=UTF-8"},
    )
