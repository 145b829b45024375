"""Posts outbound messages to the receiving server over connections that are kept open."""

from __future__ import annotations

import asyncio
import time
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CONNECTIONS = 8

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
    '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
    "<OrganizationId>{organization_id}</OrganizationId><ActionId>{action_id}</ActionId>"
    '<SessionId xsi:nil="true"/>{notifications}</notifications>'
    "</soapenv:Body></soapenv:Envelope>"
)
_NOTIFICATION = (
    '<Notification><Id>{id}</Id><sObject xsi:type="sf:{object}"'
    ' xmlns:sf="urn:sobject.enterprise.soap.sforce.com">{fields}</sObject></Notification>'
)


def a_message(
    organization_id: str,
    action_id: str,
    object_name: str = "",
    records: Mapping[str, Mapping[str, object]] = MappingProxyType({}),
) -> bytes:
    """Return the body of an outbound message.

    Args:
        organization_id: The org that sends it.
        action_id: Which of its outbound messages.
        object_name: API name of what the records are.
        records: Notification id -> fields of its record, `Id` first; null ones are left out.
    """
    notifications = (
        _NOTIFICATION.format(
            id=notification_id,
            object=object_name,
            fields="".join(
                f"<sf:{name}>{_text(value)}</sf:{name}>"
                for name, value in fields.items()
                if value is not None
            ),
        )
        for notification_id, fields in records.items()
    )
    return _ENVELOPE.format(
        organization_id=organization_id,
        action_id=action_id,
        notifications="".join(notifications),
    ).encode()


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else escape(str(value))


class Client:
    """One kept connection that posts one message after another."""

    def __init__(
        self, url: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._path = urlsplit(url).path
        self._reader = reader
        self._writer = writer

    @classmethod
    async def connect(cls, url: str) -> Client:
        """Return a client of the endpoint at an address."""
        parts = urlsplit(url)
        return cls(url, *await asyncio.open_connection(parts.hostname, parts.port))

    async def post(self, body: bytes) -> None:
        """Return once the message is acknowledged.

        Raises:
            SystemExit: If it is not.
        """
        head = (
            f"POST {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        await self._reader.readexactly(length)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"not acknowledged: {answer[:60]!r}")

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()


async def post_all(url: str, messages: Sequence[bytes], *, gap_s: float = 0.0) -> None:
    """Post messages over a few connections, as fast as they are accepted or at a pace.

    Args:
        url: The endpoint.
        messages: Bodies, posted in this order.
        gap_s: Seconds between the starts of two of them.
    """
    queue = iter(enumerate(messages))
    started = time.perf_counter()

    async def post() -> None:
        client = await Client.connect(url)
        for number, body in queue:
            await asyncio.sleep(max(0.0, started + number * gap_s - time.perf_counter()))
            await client.post(body)
        client.close()

    await asyncio.gather(*(post() for _ in range(CONNECTIONS)))
