"""The SOAP text of an outbound message, and what an endpoint's answer to it means."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from lxml import etree

from sandbox.salesforce.values import to_soap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.salesforce.outbound.definitions import Definition
    from sandbox.salesforce.values import Row

_OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_NAMESPACES = (
    f'xmlns:soapenv="{_SOAP}" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
_ENTITIES = {'"': "&quot;", "'": "&apos;", "\r": "&#xD;"}


def message(
    definition: Definition,
    notifications: Sequence[tuple[str, Row | None]],
    *,
    organization_id: str,
    instance: str,
) -> bytes:
    """Return one message.

    A field that is null is left out. There is no session id since February 2026. A record that is
    gone leaves an empty object: nil for every second one, since both forms have been reported.

    Args:
        definition: The outbound message that fired.
        notifications: Each one's id with the record as it is now, or None.
        organization_id: The org that sends, 18 characters.
        instance: Scheme and host that the SOAP endpoints are said to be at.
    """
    soap = f"{instance}/services/Soap"
    short = organization_id[:15]
    version = definition.api_version
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f"<soapenv:Envelope {_NAMESPACES}>",
        " <soapenv:Body>",
        f'  <notifications xmlns="{_OUTBOUND}">',
        f"   <OrganizationId>{organization_id}</OrganizationId>",
        f"   <ActionId>{definition.action_id}</ActionId>",
        '   <SessionId xsi:nil="true"/>',
        f"   <EnterpriseUrl>{escape(soap)}/c/{version}/{short}</EnterpriseUrl>",
        f"   <PartnerUrl>{escape(soap)}/u/{version}/{short}</PartnerUrl>",
    ]
    for place, (notification_id, row) in enumerate(notifications):
        lines += [
            "   <Notification>",
            f"    <Id>{notification_id}</Id>",
            *_record(definition, row, nil=place % 2 == 0),
            "   </Notification>",
        ]
    lines += ["  </notifications>", " </soapenv:Body>", "</soapenv:Envelope>"]
    return "\n".join(lines).encode()


def _record(definition: Definition, row: Row | None, *, nil: bool) -> list[str]:
    opening = (
        f'    <sObject xsi:type="sf:{definition.object}" '
        'xmlns:sf="urn:sobject.enterprise.soap.sforce.com"'
    )
    if row is None:
        return ['    <sObject xsi:nil="true"/>'] if nil else [f"{opening}/>"]
    fields = (
        f"     <sf:{name}>{escape(to_soap(value), _ENTITIES)}</sf:{name}>"
        for name in definition.carries
        if (value := row[name]) is not None
    )
    return [f"{opening}>", *fields, "    </sObject>"]


def refusal(status: int, body: bytes) -> str | None:
    """Return why an answer is no acknowledgement, as Delivery Status words it; None if it is one.

    >>> refusal(200, b"{}")
    'org.xml.sax.SAXParseException: Content is not allowed in prolog.'
    """
    if status != 200:  # noqa: PLR2004 - the one good status
        return f"({status}) the endpoint did not accept the message"
    # Neither entities nor the network: the endpoint is not trusted with either.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return "org.xml.sax.SAXParseException: Content is not allowed in prolog."
    ack = root.find(f"{{{_SOAP}}}Body/{{{_OUTBOUND}}}notificationsResponse/{{{_OUTBOUND}}}Ack")
    if root.tag != f"{{{_SOAP}}}Envelope" or ack is None:
        return "the answer is no notificationsResponse"
    if (ack.text or "").strip() not in {"true", "1"}:
        return "SOAP response was a nack"
    return None
