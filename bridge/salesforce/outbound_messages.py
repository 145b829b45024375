"""The outbound messages that an organization has deployed, read by the Metadata API.

Neither REST nor SOQL tells the address and the fields of one (Metadata API Developer Guide,
"Workflow": `WorkflowOutboundMessage`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from lxml import etree

    from bridge.salesforce.metadata import Metadata

_TYPE = "WorkflowOutboundMessage"
_AT_ONCE = 10  # parts that one call of readMetadata may name


@dataclass(frozen=True, kw_only=True)
class OutboundMessage:
    """An outbound message as it is deployed.

    Attributes:
        full_name: `Contact.CC_Bridge_Contact`.
        action_id: 18 characters; what its messages name it by.
        sends_session: It asks for a session id, which Salesforce does not send any more.
        integration_user: The user name whose rights decide which fields are in it.
    """

    full_name: str
    action_id: str
    fields: frozenset[str]
    endpoint_url: str
    api_version: str
    sends_session: bool
    integration_user: str

    @property
    def object(self) -> str:
        """The API name of its object."""
        return self.full_name.partition(".")[0]


def read_outbound_messages(metadata: Metadata) -> list[OutboundMessage]:
    """Return what is deployed, by name.

    Raises:
        RemoteError: If the bridge's user may not use the Metadata API, or nothing answers.
    """
    ids = metadata.outbound_messages()
    names = sorted(ids)
    found = []
    for start in range(0, len(names), _AT_ONCE):
        part = names[start : start + _AT_ONCE]
        named = "".join(f"<fullNames>{escape(name)}</fullNames>" for name in part)
        root = metadata.soap(f"<readMetadata><type>{_TYPE}</type>{named}</readMetadata>")
        for record in root.iter("{*}records"):
            full_name = _texts(record, "fullName")
            if full_name and full_name[0] in ids:
                found.append(_message(record, full_name[0], ids[full_name[0]]))
    return found


def _message(record: etree._Element, full_name: str, action_id: str) -> OutboundMessage:
    def first(name: str) -> str:
        return next(iter(_texts(record, name)), "")

    return OutboundMessage(
        full_name=full_name,
        action_id=action_id,
        fields=frozenset(_texts(record, "fields")),
        endpoint_url=first("endpointUrl"),
        api_version=first("apiVersion"),
        sends_session=first("includeSessionId") == "true",
        integration_user=first("integrationUser"),
    )


def _texts(record: etree._Element, name: str) -> list[str]:
    return [(each.text or "").strip() for each in record.iterfind(f"{{*}}{name}")]
