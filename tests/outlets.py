"""Those who take alerts in tests: a list, a web server and a mail server of this machine."""

from __future__ import annotations

import json
import socketserver
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from bridge.alerts.outlets import NotTaken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.alerts.model import Message, OutletName


@dataclass
class Ear:
    """An outlet that takes messages, or refuses them for as long as it is told to."""

    name: OutletName = "webhook"
    refuses: str | None = None
    heard: list[Message] = field(default_factory=list)

    def send(self, message: Message) -> None:
        if self.refuses is not None:
            raise NotTaken(self.refuses)
        self.heard.append(message)

    def news(self) -> list[tuple[str, str]]:
        """Return what was told since the last time: (came or cleared, cause)."""
        told = [(str(message.news), message.cause) for message in self.heard]
        self.heard.clear()
        return told


@dataclass
class Posts:
    """What was posted to a web server, which answers with one status."""

    status: int = 200
    url: str = ""
    bodies: list[Any] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)


@contextmanager
def web_server() -> Iterator[Posts]:
    """Serve one address that takes posts."""
    posts = Posts()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            posts.headers.append(dict(self.headers.items()))
            self.send_response(posts.status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
            posts.arrived.set()

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with _serving(server):
        posts.url = f"http://127.0.0.1:{server.server_port}/hook/secret-of-the-hook"
        yield posts


@dataclass
class Mails:
    """What was handed to a mail server, which may refuse one recipient or all."""

    port: int = 0
    refused: tuple[str, ...] = ()
    texts: list[str] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[Mails]:
    """Serve the little of SMTP that handing over a mail takes."""
    mails = Mails()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline().decode().strip():
                self.wfile.write(self.answer(line, line[:4].upper()))

        def answer(self, line: str, verb: str) -> bytes:
            if verb == "QUIT":
                return b"221 farewell\r\n"
            if verb == "RCPT":
                address = line.partition("<")[2].rstrip(">")
                if address in mails.refused:
                    return f"550 no mailbox {address}\r\n".encode()
                mails.recipients.append(address)
            if verb == "DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(lambda: self.rfile.readline().decode().rstrip("\r\n"), ".")
                mails.texts.append("\n".join(lines))
            return b"250 well\r\n"

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with _serving(server):
        mails.port = int(server.server_address[1])
        yield mails


@contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
