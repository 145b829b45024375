"""A way to post with `requests` whose head and body leave together, as from most real senders."""

from __future__ import annotations

import socket
from http.client import HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter


class OnePiece(BaseAdapter):
    """Sends each request in one write, over a connection of its own."""

    def send(self, request: requests.PreparedRequest, *_: Any, **given: Any) -> requests.Response:
        """Send a request and return its answer."""
        address = urlsplit(request.url or "")
        head = [f"{request.method} {request.path_url} HTTP/1.1", f"Host: {address.netloc}"]
        head += [f"{name}: {value}" for name, value in request.headers.items()]
        body = request.body or b""
        assert isinstance(body, bytes)
        with socket.create_connection((address.hostname, address.port), given["timeout"]) as taken:
            taken.sendall("\r\n".join([*head, "", ""]).encode() + body)
            with HTTPResponse(taken, method=request.method) as came:
                came.begin()
                answer = requests.Response()
                answer.status_code = came.status
                answer.headers.update(came.getheaders())
                answer._content = came.read()
        return answer

    def close(self) -> None:
        """Do nothing: no connection is kept."""


def session() -> requests.Session:
    """Return a session that sends in one piece."""
    one = requests.Session()
    one.mount("http://", OnePiece())
    return one
