"""Where a browser on this machine brings the answer of an authorization: one request, then no more.

Only loopback is listened at (RFC 8252, 7.3). What belongs to another attempt is told so and ends
nothing, so no other page can break off an authorization that is under way.
"""

from __future__ import annotations

import hmac
import queue
import threading
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from bridge.connections.wire import is_loopback
from bridge.setup.causes import refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

PATH = "/callback"
_HOST = "127.0.0.1"
_READ_S = 5.0
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<body><main><h1>{title}</h1><p>{text}</p></main></body></html>"""
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}


class Callback(ThreadingHTTPServer):
    """Waits for the answer that carries `state`; use `listening`."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, state: str) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._is_answered = False
        self._has_strangers = False
        self._answers: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
        super().__init__((_HOST, port), _Handler)

    @property
    def address(self) -> str:
        """Where the browser is sent; it has to be registered for the application."""
        return f"http://localhost:{self.server_port}{PATH}"

    def wait(self, wait_s: float) -> dict[str, str]:
        """Return the parameters of the answer.

        Raises:
            SetupRefused: If none comes within `wait_s` seconds, or only one of another attempt.
        """
        try:
            return self._answers.get(timeout=wait_s)
        except queue.Empty:
            if self._has_strangers:
                raise refusal("cc_state") from None
            raise refusal("cc_silent", seconds=f"{wait_s:.0f}") from None

    def handle_error(self, *_: object) -> None:
        """Say nothing of a browser that goes away: the terminal belongs to who waits at it."""

    def take(self, answer: dict[str, str]) -> tuple[HTTPStatus, str, str]:
        """Take an answer, if it is the one, and return status, title and text of the page."""
        if not hmac.compare_digest(answer.get("state", "").encode(), self._state.encode()):
            self._has_strangers = True
            text = "This answer belongs to another attempt. Nothing was changed."
            return HTTPStatus.BAD_REQUEST, "Not this one", text
        with self._lock:
            if self._is_answered:
                return HTTPStatus.GONE, "Answered already", "Go back to the terminal."
            self._is_answered = True
        self._answers.put(answer)
        return HTTPStatus.OK, "Thank you", "Close this page and go back to the terminal."


class _Handler(BaseHTTPRequestHandler):
    server: Callback
    timeout = _READ_S

    def do_GET(self) -> None:
        try:
            parts = urlsplit(self.path)
            host = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        except ValueError:  # a bracket that is not closed
            parts, host = urlsplit(""), ""
        if not is_loopback(host) or parts.path != PATH:
            self._show(HTTPStatus.NOT_FOUND, "Nothing here", "Go back to the terminal.")
            return
        query = parse_qs(parts.query, keep_blank_values=True)
        answer = {name: values[0] for name, values in query.items()}
        self._show(*self.server.take(answer))

    def log_message(self, *_: object) -> None:
        """Log nothing: an address holds a code."""

    def _show(self, status: HTTPStatus, title: str, text: str) -> None:
        body = _PAGE.format(title=title, text=text).encode()
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def listening(port: int, state: str) -> Iterator[Callback]:
    """Listen for one answer; 0 takes any free port.

    Raises:
        SetupRefused: If the port is taken.
    """
    try:
        callback = Callback(port, state)
    except OSError:
        raise refusal("cc_port", port=port) from None
    thread = threading.Thread(target=callback.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield callback
    finally:
        callback.shutdown()
        callback.server_close()
        thread.join()
