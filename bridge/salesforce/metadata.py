"""The Metadata API: deploy a package, ask how far it is, list the outbound messages.

Packages go over REST (`/metadata/deployRequest`); what is there is listed by SOAP, which alone
tells the ids of the parts, and with them the ActionIds that outbound messages name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from lxml import etree

from bridge.identity import is_salesforce_id, salesforce_id
from bridge.salesforce.answers import unavailable

if TYPE_CHECKING:
    from simple_salesforce.api import Salesforce as Library

    from bridge.salesforce.session import Session

_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
_TAG = f"{{{_NAMESPACE}}}"
_PATH = "metadata/deployRequest"
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="{namespace}">'
    "<e:Header><SessionHeader><sessionId>{session}</sessionId></SessionHeader></e:Header>"
    "<e:Body>{call}</e:Body></e:Envelope>"
)


class Metadata:
    """The metadata of one organization. Every method raises the errors of `Session.call`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def deploy(self, package: bytes, *, check_only: bool) -> str:
        """Have a package deployed, all of it or nothing, and return the id of the deployment.

        Args:
            package: A zip with `package.xml` at its root.
            check_only: Only tell what would become of it.
        """
        options = {
            "allowMissingFiles": False,
            "checkOnly": check_only,
            "ignoreWarnings": True,
            "rollbackOnError": True,
            "singlePackage": True,
        }
        parts = {
            "json": (None, json.dumps({"deployOptions": options}), "application/json"),
            "file": ("package.zip", package, "application/zip"),
        }

        def ask(library: Library) -> Any:
            # The content type has the boundary of the parts: whoever makes them has to set it.
            response = library._call_salesforce(  # noqa: SLF001 -- there is no other method for it
                "POST", f"{library.base_url}{_PATH}", files=parts, headers={"Content-Type": None}
            )
            return response.json()

        answer = self._session.call(ask)
        if isinstance(answer, dict) and isinstance(answer.get("id"), str):
            return str(answer["id"])
        raise unavailable("an answer without the id of the deployment")

    def deployment(self, job_id: str) -> dict[str, Any]:
        """Return how far a deployment is, and what became of each part, in the vendor's words."""
        path, params = f"{_PATH}/{job_id}", {"includeDetails": "true"}
        answer = self._session.call(lambda library: library.restful(path, params=params))
        result = answer.get("deployResult") if isinstance(answer, dict) else None
        if isinstance(result, dict):
            return result
        raise unavailable("an answer without deployResult")

    def outbound_messages(self) -> dict[str, str]:
        """Return the ActionId of every outbound message that is there, by its full name."""
        found = self.parts("WorkflowOutboundMessage")
        return {name: salesforce_id(i) for name, i in found.items() if is_salesforce_id(i)}

    def parts(self, kind: str) -> dict[str, str]:
        """Return the parts of a type, such as `Flow`, by full name: each with its id, if it has."""
        root = self.soap(
            f"<listMetadata><queries><type>{kind}</type></queries></listMetadata>",
        )
        found = {}
        for result in root.iter(f"{_TAG}result"):
            name, part_id = result.findtext(f"{_TAG}fullName"), result.findtext(f"{_TAG}id")
            if name:
                found[name] = part_id or ""
        return found

    def soap(self, call: str) -> etree._Element:
        """Return the answer to one call of the Metadata API, an element without a prefix.

        Raises:
            Forbidden: If the bridge's user may not use it.
        """

        def ask(library: Library) -> bytes:
            response = library._call_salesforce(  # noqa: SLF001 -- as above
                "POST",
                library.metadata_url,
                data=_ENVELOPE.format(
                    namespace=_NAMESPACE, session=escape(library.session_id), call=call
                ).encode(),
                headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'},
            )
            return response.content

        answer = self._session.call(ask)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            return etree.fromstring(answer, parser)
        except etree.XMLSyntaxError:
            raise unavailable("metadata that cannot be read") from None
