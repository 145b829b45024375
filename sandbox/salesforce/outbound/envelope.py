"""The SOAP text of an outbound message, and what an endpoint's answer to it means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias
from xml.sax.saxutils import escape

from lxml import etree

from sandbox.salesforce.values import to_soap

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sandbox.salesforce.outbound.definitions import Definition
    from sandbox.salesforce.values import Row

Gone: TypeAlias = Literal["both", "nil", "empty"]

_OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_NAMESPACES = (
    f'xmlns:soapenv="{_SOAP}" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITIES = {'"': "&quot;", "'": "&apos;", "\r": "&#xD;"}


def message(
    definition: Definition,
    notifications: Sequence[tuple[str, Row | None]],
    *,
    organization_id: str,
    instance: str,
    gone: Gone = "both",
    hidden: Collection[str] = (),
) -> bytes:
    """Return one message.

    A field that is null, or that the user it is sent as cannot read, is left out. There is no
    session id since February 2026.

    Args:
        definition: The outbound message that fired.
        notifications: Each one's id with the record as it is now, or None.
        organization_id: The org that sends, 18 characters.
        instance: Scheme and host that the SOAP endpoints are said to be at.
        gone: How a record that is gone appears: nil, without fields, or in turn as either.
        hidden: API names of the object's fields that the user cannot read.
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
    carried = [name for name in definition.carries if name not in hidden]
    for place, (notification_id, row) in enumerate(notifications):
        is_nil = gone == "nil" or (gone == "both" and place % 2 == 0)
        lines += [
            "   <Notification>",
            f"    <Id>{notification_id}</Id>",
            *_record(definition, carried, row, nil=is_nil),
            "   </Notification>",
        ]
    lines += ["  </notifications>", " </soapenv:Body>", "</soapenv:Envelope>"]
    return "\n".join(lines).encode()


def _record(
    definition: Definition, carried: Sequence[str], row: Row | None, *, nil: bool
) -> list[str]:
    opening = (
        f'    <sObject xsi:type="sf:{definition.object}" '
        'xmlns:sf="urn:sobject.enterprise.soap.sforce.com"'
    )
    if row is None:
        return ['    <sObject xsi:nil="true"/>'] if nil else [f"{opening}/>"]
    fields = (
        f"     <sf:{name}>{_text(to_soap(value))}</sf:{name}>"
        for name in carried
        if (value := row.get(name)) is not None
    )
    return [f"{opening}>", *fields, "    </sObject>"]


def _text(value: str) -> str:
    """Return a value as XML can hold it: most control characters it cannot."""
    return escape(_NOT_XML.sub("", value), _ENTITIES)


def refusal(status: int, body: bytes) -> str | None:
    """Return why an answer is no acknowledgement, as Delivery Status words it; None if it is one.

    >>> refusal(200, b"{}")
    'org.xml.sax.SAXParseException: Content is not allowed in prolog.'
    """
    if not 200 <= status < 300:  # noqa: PLR2004 - the good ones
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
