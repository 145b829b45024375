"""Another sender of outbound messages, that keeps a list of what was acknowledged."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.faults.load import Firm

_LONG_BYTES = 400_000
_ACK = b"<Ack>true</Ack>"
_ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>
<notifications xmlns="http://soap.sforce.com/2005/09/outbound">
<OrganizationId>{organization_id}</OrganizationId><ActionId>04kFAULTS0000001</ActionId>
<SessionId xsi:nil="true"/>{notifications}</notifications></soapenv:Body></soapenv:Envelope>"""
_NOTIFICATION = """<Notification><Id>{id}</Id><sObject xsi:type="sf:{object}"
 xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>{record_id}</sf:Id>
<sf:Note>{more}</sf:Note></sObject>
</Notification>"""


@dataclass
class Messages:
    """Posts messages of its own, while the org posts those that saves fire.

    Attributes:
        acknowledged: Notification ids of messages whose Ack arrived.
        answers: How many messages were answered how: `acknowledged`, `no answer`, or the status.
        refusal: Why the latest that was not acknowledged was not.
    """

    endpoint: str
    organization_id: str
    firm: Firm
    random: random.Random
    acknowledged: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    refusal: str = ""
    _latest: list[tuple[list[str], str]] = field(default_factory=list)

    def post_one(self) -> None:
        """Send hints of real records, or what no mapping knows, or an earlier message again."""
        if self._latest and self.random.random() < 0.2:
            ids, body = self.random.choice(self._latest)
        else:
            known = self.firm.record_ids()
            about = [
                self.random.choice(known)
                if self.random.random() < 0.7
                else ("Case", "500F00000001")
                for _ in range(self.random.choice((1, 1, 1, 3, 20)))
            ]
            ids, body = self._message(about)
        if self.post(ids, body):
            self._latest = [*self._latest[-20:], (ids, body)]

    def post_long(self) -> None:
        """Send a message that needs room on the disk."""
        more = self.random.randbytes(_LONG_BYTES // 200).hex()
        self.post(*self._message([("Case", "500F00000001")] * 100, more))

    def probe(self, ensure_up: Callable[[], None]) -> str:
        """Send a hint of one record again and again until it is acknowledged; return its id.

        Args:
            ensure_up: Called before each try: who was ready just now may be a killed parent's.
        """
        ids, body = self._message([self.random.choice(self.firm.record_ids())])
        deadline = time.monotonic() + 60
        ensure_up()
        while not self.post(ids, body):
            assert time.monotonic() < deadline, f"no acknowledgement within 60 s: {self.refusal}"
            time.sleep(0.05)
            ensure_up()
        return ids[0]

    def post(self, ids: list[str], body: str) -> bool:
        """Return whether the message was acknowledged."""
        try:
            answer = requests.post(
                self.endpoint,
                body.encode(),
                headers={"Content-Type": "text/xml; charset=UTF-8"},
                timeout=15,
            )
        except requests.RequestException as error:
            self.refusal = repr(error)
            self.answers["no answer"] += 1
            return False
        if answer.status_code != requests.codes.ok or _ACK not in answer.content:
            self.refusal = f"{answer.status_code} {answer.text}"
            self.answers[str(answer.status_code)] += 1
            return False
        self.answers["acknowledged"] += 1
        self.acknowledged.update(ids)
        return True

    def _message(self, about: list[tuple[str, str]], more: str = "") -> tuple[list[str], str]:
        ids = [f"04lF{self.random.getrandbits(64):016x}" for _ in about]
        notifications = "".join(
            _NOTIFICATION.format(id=each, object=name, record_id=record_id, more=more)
            for each, (name, record_id) in zip(ids, about, strict=True)
        )
        body = _ENVELOPE.format(organization_id=self.organization_id, notifications=notifications)
        return ids, body
