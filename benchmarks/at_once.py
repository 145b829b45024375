"""A stand-in for Constant Contact that answers at once: its answers are made of what was asked.

It knows nobody and keeps nothing but a list of the calls, so what is measured beside it is the
caller. A contact's id says which address it has.
"""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import parse_qs
from uuid import UUID

import requests
import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import Receive, Scope, Send

LIST_ID = str(UUID(int=1 << 100))
"""The list that everybody is on."""

_PATIENCE_S = 20.0
_MOMENT = "2026-11-02T09:15:00Z"
_NUMBER = re.compile(r"person(\d+)@")


class Call(NamedTuple):
    """One call, as it can be made again."""

    method: str
    path: str
    body: str


def contact_id(number: int) -> str:
    """Return the id of the contact whose address has this number."""
    return str(UUID(int=number))


def address(number: int) -> str:
    """Return the address that has this number."""
    return f"person{number}@example.org"


class _App:
    """Answers contacts, custom fields and, at `/calls`, what it was asked since the last look."""

    def __init__(self) -> None:
        self._calls: list[Call] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        path, query = scope["path"], scope["query_string"].decode()
        if path == "/calls":
            answer: Any = self._calls
            self._calls = []
        else:
            whole = f"{path}?{query}" if query else path
            self._calls.append(Call(scope["method"], whole, body.decode()))
            answer = _answer(scope["method"], path.rpartition("/")[2], query, body)
        made = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(made))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": made})


async def _body(receive: Receive) -> bytes:
    body, is_more = b"", True
    while is_more:
        message = await receive()
        body += message.get("body", b"")
        is_more = message.get("more_body", False)
    return body


def _answer(method: str, last: str, query: str, body: bytes) -> Any:
    if last == "contact_custom_fields":
        if method == "POST":
            asked = json.loads(body)
            made = {"custom_field_id": str(UUID(int=len(asked["label"]))), "name": asked["label"]}
            return asked | made
        return {"custom_fields": []}
    if method == "GET" and last == "contacts":
        found = _NUMBER.search(parse_qs(query)["email"][0])
        return {"contacts": [_contact(int(found[1]), {})] if found else []}
    return _contact(UUID(last).int, json.loads(body) if body else {})


def _contact(number: int, body: dict[str, Any]) -> dict[str, Any]:
    """Return a whole contact, as the vendor does, with what was sent."""
    there = {"address": address(number), "permission_to_send": "implicit"}
    return {
        "contact_id": contact_id(number),
        "first_name": f"First {number}",
        "last_name": f"Last {number}",
        "job_title": "Before",
        "custom_fields": [],
        "list_memberships": [LIST_ID],
        "phone_numbers": [],
        "street_addresses": [],
        "created_at": _MOMENT,
        "updated_at": _MOMENT,
        **body,
        "email_address": there | {"opt_in_source": "Account", "confirm_status": "off"},
    }


@contextmanager
def answering_at_once() -> Iterator[str]:
    """Run the stand-in in a process of its own and yield its address, without a path."""
    process = subprocess.Popen(
        [sys.executable, "-m", __spec__.name],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    output = cast("IO[str]", process.stdout)
    try:
        yield output.readline().strip()
    finally:
        process.terminate()
        process.wait(_PATIENCE_S)
        output.close()


def calls_of(url: str) -> list[Call]:
    """Return the calls that were made since the last look, oldest first."""
    return [Call(*call) for call in requests.get(f"{url}/calls", timeout=_PATIENCE_S).json()]


def main() -> None:
    """Listen at a free port of this machine, print the address and answer until terminated."""
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(_App(), log_config=None, access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
