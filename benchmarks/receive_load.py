"""Load for the benchmark of receiving: keeps a number of connections busy and notes each answer."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from dataclasses import dataclass
from functools import partial
from string import ascii_letters
from typing import cast

import uvloop

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n <soapenv:Body>\n'
    '  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">\n'
    "   <OrganizationId>00D5g00000ABcdEEAT</OrganizationId>\n"
    "   <ActionId>04k5g000000TeSTAA0</ActionId>\n"
    '   <SessionId xsi:nil="true"/>\n'
    "   <EnterpriseUrl>https://example.my.salesforce.com/services/Soap/c/66.0/00D</EnterpriseUrl>\n"
    "   <PartnerUrl>https://example.my.salesforce.com/services/Soap/u/66.0/00D</PartnerUrl>\n"
)
_FIELDS = (
    *("AccountId", "Birthdate", "CreatedDate", "Department", "Email", "FirstName"),
    *("HasOptedOutOfEmail", "LastModifiedDate", "LastName", "LeadSource", "Loyalty_Tier__c"),
    *("MailingCity", "MailingCountry", "MailingPostalCode", "MailingState", "MailingStreet"),
    *("MobilePhone", "OwnerId", "Phone"),
)
NOTIFICATION = "   <Notification>\n    <Id>"
_DIFFERENT_RECORDS = 97


def _records() -> tuple[str, ...]:
    """Return what follows a notification's id, with values as unlike each other as can be."""
    letters = random.Random("receive")
    return tuple(
        "</Id>\n"
        '    <sObject xsi:type="sf:Contact" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">\n'
        f"     <sf:Id>0035g00000{number:05d}AAV</sf:Id>\n"
        + "".join(
            f"     <sf:{name}>{''.join(letters.choices(ascii_letters, k=letters.randint(5, 25)))}"
            f" &amp; more</sf:{name}>\n"
            for name in _FIELDS
        )
        + "    </sObject>\n   </Notification>\n"
        for number in range(_DIFFERENT_RECORDS)
    )


RECORDS = _records()
TAIL = "  </notifications>\n </soapenv:Body>\n</soapenv:Envelope>"

_ids = itertools.count(1)


def a_message(notifications: int) -> bytes:
    """Return a message as Salesforce lays it out: 20 fields a record, ids never used before."""
    parts = [HEAD]
    for _ in range(notifications):
        number = next(_ids)
        parts += [NOTIFICATION, f"04l{number:015d}", RECORDS[number % len(RECORDS)]]
    return "".join([*parts, TAIL]).encode()


@dataclass(kw_only=True)
class Slice:
    """What came of one slice of load.

    Attributes:
        seconds: Length of the slice.
        messages: Messages that were acknowledged, or answered 200.
        refused: Messages that were answered otherwise.
        p99_ms: The wait that 99 of 100 answers did not exceed.
    """

    seconds: float
    messages: int = 0
    refused: int = 0
    p99_ms: float = 0.0

    def a_second(self) -> float:
        """Return messages a second."""
        return self.messages / self.seconds


def load(port: int, path: str, *, notifications: int, connections: int, seconds: float) -> Slice:
    """Post messages to a server of this machine for some seconds, one at a time a connection."""
    return uvloop.run(_load(port, path, notifications, connections, seconds))


async def _load(
    port: int, path: str, notifications: int, connections: int, seconds: float
) -> Slice:
    total = Slice(seconds=seconds)
    end = time.perf_counter() + seconds
    loop = asyncio.get_running_loop()
    waits_ms: list[float] = []
    clients = [_Client(path, notifications, end, total, waits_ms) for _ in range(connections)]
    for client in clients:
        await loop.create_connection(partial(_itself, client), "127.0.0.1", port)
    await asyncio.gather(*(client.done for client in clients))
    if waits_ms:
        total.p99_ms = sorted(waits_ms)[int(0.99 * (len(waits_ms) - 1))]
    return total


def _itself(client: _Client) -> _Client:
    return client


class _Client(asyncio.Protocol):
    def __init__(
        self, path: str, notifications: int, end: float, total: Slice, waits_ms: list[float]
    ) -> None:
        self._head = (
            f'POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nSOAPAction: ""\r\n'
            "Content-Type: text/xml; charset=UTF-8\r\nContent-Length: "
        ).encode()
        self._notifications = notifications
        self._end = end
        self._total = total
        self._waits_ms = waits_ms
        self._answer = b""
        self._sent_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._post()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, _, body = self._answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or b"0")
        if len(body) < length or not _:
            return
        now = time.perf_counter()
        if self._answer.startswith(b"HTTP/1.1 200"):
            self._total.messages += 1
            self._waits_ms.append((now - self._sent_at) * 1000)
        else:
            self._total.refused += 1
        self._answer = b""
        if now < self._end:
            self._post()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error) if error else self.done.set_result(None)

    def _post(self) -> None:
        body = a_message(self._notifications)
        self._sent_at = time.perf_counter()
        self._transport.write(self._head + str(len(body)).encode() + b"\r\n\r\n" + body)
