"""SOAP `login()`, for clients with a user name and a password.

Salesforce serves it for versions 31.0 to 64.0 only, and ends it in Summer '27.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from lxml import etree
from starlette.responses import Response

from sandbox.salesforce.login import SESSION_LIVES, Application, password_holds
from sandbox.salesforce.rest.calls import OLDEST_VERSION
from sandbox.salesforce.rest.oauth import instance_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.salesforce.grants import Grants
    from sandbox.salesforce.rest.calls import Api
    from sandbox.salesforce.rest.oauth import Endpoint

NEWEST_VERSION = 64
_PARTNER = "urn:partner.soap.sforce.com"
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns="urn:partner.soap.sforce.com" xmlns:sf="urn:fault.partner.soap.sforce.com"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    "<soapenv:Body>{}</soapenv:Body></soapenv:Envelope>"
)


def soap_login_endpoint(
    api: Api, application: Application, organization_id: str, grants: Grants
) -> Endpoint:
    """Return the endpoint that opens a session for a user name and a password."""

    async def soap_login(request: Request) -> Response:
        version = request.path_params["version"]
        if not _served(version):
            return _fault("UNSUPPORTED_API_VERSION", f"Invalid Api version specified: {version}")
        username, password = _asked(await request.body())
        if not grants.settings.soap_login:
            message = "SOAP API login() is disabled by default in this org."
            return _fault("INVALID_OPERATION", message)
        if not password_holds(application, username, password):
            return _fault(
                "INVALID_LOGIN",
                "Invalid username, password, security token; or user locked out.",
            )
        with api.org.lock:
            token = api.sessions.begin(application.user_id)
        server = f"{instance_of(request)}/services/Soap/u/{version}/{organization_id[:15]}"
        result = {
            "metadataServerUrl": server.replace("/Soap/u/", "/Soap/m/"),
            "passwordExpired": "false",
            "sandbox": "false",
            "serverUrl": server,
            "sessionId": token,
            "userId": application.user_id,
        }
        parts = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in result.items())
        lives_s = int(SESSION_LIVES.total_seconds())
        user = (
            f"<userInfo><organizationId>{organization_id}</organizationId>"
            f"<sessionSecondsValid>{lives_s}</sessionSecondsValid>"
            f"<userId>{application.user_id}</userId>"
            f"<userName>{escape(application.username)}</userName></userInfo>"
        )
        return soap_answer(200, f"<loginResponse><result>{parts}{user}</result></loginResponse>")

    return soap_login


def _served(version: str) -> bool:
    try:
        return OLDEST_VERSION <= float(version) <= NEWEST_VERSION
    except ValueError:
        return False


def _asked(body: bytes) -> tuple[str, str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return "", ""
    username, password = (
        (root.findtext(f".//{{{_PARTNER}}}login/{{{_PARTNER}}}{name}") or "").strip()
        for name in ("username", "password")
    )
    return username, password


def _fault(code: str, message: str) -> Response:
    return soap_answer(
        500,
        f"<soapenv:Fault><faultcode>{code}</faultcode><faultstring>{code}: {escape(message)}"
        f'</faultstring><detail><sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>{code}'
        f"</sf:exceptionCode><sf:exceptionMessage>{escape(message)}</sf:exceptionMessage>"
        "</sf:LoginFault></detail></soapenv:Fault>",
    )


def soap_answer(status: int, content: str) -> Response:
    """Return an envelope of the partner API around the body of an answer."""
    return Response(
        _ENVELOPE.format(content), status_code=status, media_type="text/xml; charset=utf-8"
    )
