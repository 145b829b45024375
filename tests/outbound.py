"""Writes outbound messages the way Salesforce does, and in the other ways that a receiver meets."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

ORGANIZATION_ID = "00D5g00000ABcdEEAT"
ACTION_ID = "04k5g000000TeSTAA0"
NOTIFICATION_ID = "04l5g00000aBcDEAA0"
RECORD_ID = "0035g00000QrStUAAV"
ENTERPRISE = "urn:sobject.enterprise.soap.sforce.com"
NO_SESSION = '<SessionId xsi:nil="true"/>'
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

_OPEN = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n <soapenv:Body>\n'
    '  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">\n'
)
_CLOSE = "  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>"


def message(
    *notifications: str,
    organization_id: str = ORGANIZATION_ID,
    session: str = NO_SESSION,
    declaration: str = DECLARATION,
) -> str:
    """Return a whole message; its notifications come from `notification` or are any text."""
    return (
        f"{declaration}{_OPEN}"
        f"   <OrganizationId>{organization_id}</OrganizationId>\n"
        f"   <ActionId>{ACTION_ID}</ActionId>\n"
        f"   {session}\n"
        "   <EnterpriseUrl>https://example.my.salesforce.com/services/Soap/c/68.0</EnterpriseUrl>\n"
        "   <PartnerUrl>https://example.my.salesforce.com/services/Soap/u/68.0</PartnerUrl>\n"
        f"{''.join(notifications)}{_CLOSE}"
    )


def notification(
    notification_id: str = NOTIFICATION_ID,
    fields: dict[str, str | None] | None = None,
    *,
    object_name: str = "Contact",
    record_id: str = RECORD_ID,
) -> str:
    """Return one notification; a field's None is written as nil."""
    known = {"Id": record_id, **(fields or {})}
    body = "".join(field(name, value) for name, value in known.items())
    return with_data(
        notification_id,
        f"<sObject xsi:type={quoteattr('sf:' + object_name)} xmlns:sf={quoteattr(ENTERPRISE)}>\n"
        f"{body}    </sObject>",
    )


def field(name: str, value: str | None) -> str:
    """Return one field of a record."""
    if value is None:
        return f'     <sf:{name} xsi:nil="true"/>\n'
    return f"     <sf:{name}>{escape(value, {chr(13): '&#13;'})}</sf:{name}>\n"


def with_data(notification_id: str, data: str) -> str:
    """Return one notification around an sObject, or around what stands in its place."""
    return f"   <Notification>\n    <Id>{notification_id}</Id>\n    {data}\n   </Notification>\n"
