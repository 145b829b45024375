"""The SOAP answers to an outbound message; pure.

Salesforce takes one answer for the whole message: an Ack, or anything else, which it repeats for 24
hours (SOAP API Developer Guide, "Outbound Messaging").
"""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

CONTENT_TYPE: Final = "text/xml; charset=utf-8"

_OPEN: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
)
_CLOSE: Final = "</soapenv:Body></soapenv:Envelope>"

ACK: Final = (
    f'{_OPEN}<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound">'
    f"<Ack>true</Ack></notificationsResponse>{_CLOSE}"
).encode()

_LAST_CLIENT_STATUS = 499


def fault(status: int, message: str) -> bytes:
    """Return the SOAP fault that goes with an HTTP status.

    >>> b"<faultcode>soapenv:Client</faultcode><faultstring>a &lt; b</" in fault(400, "a < b")
    True
    """
    code = "Client" if status <= _LAST_CLIENT_STATUS else "Server"
    return (
        f"{_OPEN}<soapenv:Fault><faultcode>soapenv:{code}</faultcode>"
        f"<faultstring>{escape(message)}</faultstring></soapenv:Fault>{_CLOSE}"
    ).encode()
