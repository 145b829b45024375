"""Writes a record that was read as the outbound message that would have told of it. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from bridge.salesforce.values import Record

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OPEN = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
    '<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><Notification>'
)
_CLOSE = "</Notification></notifications></soapenv:Body></soapenv:Envelope>"


def rendered(notification_id: str, object_name: str, record: Record) -> bytes:
    """Return a message of one notification; a value that is None is told to be null.

    Args:
        notification_id: Its id.
        object_name: API name.
        record: Values by field, as a message spells them; `Id` among them.
    """
    fields = "".join(_field(name, value) for name, value in record.items())
    namespace = "urn:sobject.enterprise.soap.sforce.com"
    text = (
        f"{_OPEN}<Id>{escape(notification_id)}</Id>"
        f'<sObject xsi:type={quoteattr(f"sf:{object_name}")} xmlns:sf="{namespace}">'
        f"{fields}</sObject>{_CLOSE}"
    )
    return text.encode()


def _field(name: str, value: str | None) -> str:
    if value is None:
        return f'<sf:{name} xsi:nil="true"/>'
    return f"<sf:{name}>{escape(_NOT_IN_XML.sub('', value))}</sf:{name}>"
