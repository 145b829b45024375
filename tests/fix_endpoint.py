"""An endpoint for outbound messages that keeps what it gets and answers as it is told."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fix_sandbox import RunningSandbox

DATA = "/services/data/v66.0"
LIST = "practifi__Constant_Contact_List__c"
OUT = "{http://soap.sforce.com/2005/09/outbound}"
SF = "{urn:sobject.enterprise.soap.sforce.com}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
DEADLINE_S = 10.0
ANSWER = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>{}</Ack>'
    "</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)
ACK = (200, ANSWER.format("true"))


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@dataclass
class Received:
    """One outbound message, read."""

    headers: dict[str, str]
    body: bytes
    path: str = "/outbound"

    @property
    def notifications(self) -> list[etree._Element]:
        return list(etree.fromstring(self.body).iter(f"{OUT}Notification"))

    @property
    def action(self) -> str | None:
        return etree.fromstring(self.body).findtext(f".//{OUT}ActionId")

    def ids(self) -> list[str | None]:
        return [each.findtext(f"{OUT}Id") for each in self.notifications]

    def fields(self, place: int = 0) -> dict[str, str | None]:
        record = self.notifications[place].find(f"{OUT}sObject")
        assert record is not None
        return {str(each.tag).removeprefix(SF): each.text for each in record}


@dataclass
class Endpoint:
    """An endpoint that keeps what it gets and answers as it is told."""

    url: str = ""
    answer: tuple[int, str] = ACK
    cut_bytes: int = 0
    got: list[Received] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)

    def of(self, name: str) -> list[Received]:
        """Return the messages about an object."""
        return [each for each in self.got if f'"sf:{name}"'.encode() in each.body]


@pytest.fixture
def endpoint(sandbox: RunningSandbox) -> Iterator[Endpoint]:
    heard = Endpoint()
    heard.hold.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not self.path.startswith("/outbound"):
                self.send_error(404)
                return
            status, text = heard.answer
            heard.got.append(Received(dict(self.headers), body, self.path))
            heard.hold.wait(DEADLINE_S)
            with suppress(ConnectionError):  # the sender has waited long enough
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode()) + heard.cut_bytes))
                self.end_headers()
                self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    heard.url = f"http://127.0.0.1:{server.server_port}/outbound"
    sandbox.control("PUT", "/salesforce/endpoint", {"url": heard.url})
    yield heard
    heard.hold.set()
    sandbox.control("POST", "/reset")
    server.shutdown()
    thread.join()
    server.server_close()


def save(sandbox: RunningSandbox, name: str, *, by: Any = "observer", **fields: object) -> str:
    answer = sandbox.salesforce("POST", f"{DATA}/sobjects/{name}", fields, by=by)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def change(
    sandbox: RunningSandbox, name: str, record: str, *, by: Any = "observer", **fields: object
) -> None:
    answer = sandbox.salesforce("PATCH", f"{DATA}/sobjects/{name}/{record}", fields, by=by)
    assert answer.status_code == 204, answer.text


def queue(sandbox: RunningSandbox) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = sandbox.control("GET", "/salesforce/deliveries")
    return listed
