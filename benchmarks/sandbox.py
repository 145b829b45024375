"""`make bench-sandbox`: how soon the sandbox is up at each size, and how many calls it answers.

The limits of the vendors are lifted, the load and the sandbox share the machine, and one process
serves both stand-ins: what is printed is the least that either of them does here.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlsplit

import requests
import uvloop

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTS_WITHIN_S = {"small": 2.0, "medium": 10.0, "large": 60.0}
CALLS_A_SECOND = 2_000
CONNECTIONS = 16
BRIDGE = Path(sys.executable).with_name("bridge")
_RECORDS = "/services/data/v66.0"


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call, made again and again."""

    name: str
    url: str
    token: str
    method: str = "GET"
    body: str = ""

    def as_bytes(self) -> bytes:
        """Return the request as it goes over the wire."""
        parts = urlsplit(self.url)
        head = (
            f"{self.method} {parts.path}{'?' if parts.query else ''}{parts.query} HTTP/1.1",
            f"Host: {parts.netloc}",
            f"Authorization: Bearer {self.token}",
            "Content-Type: application/json",
            f"Content-Length: {len(self.body)}",
        )
        return "\r\n".join([*head, "", self.body]).encode()


def main() -> int:
    """Run the benchmark and return the exit code: 0 where every bar is held."""
    parser = argparse.ArgumentParser(prog="benchmarks.sandbox")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each call")
    given = parser.parse_args()
    held = []
    for size, within_s in STARTS_WITHIN_S.items():
        started = time.monotonic()
        with running_sandbox(size) as (line, pid):
            took_s = time.monotonic() - started
            is_held = took_s < within_s
            print(
                f"{size:7} up in {took_s:5.2f} s, under {within_s:g} s: "
                f"{'held' if is_held else 'MISSED'}; {_megabytes(pid):,.0f} MB",
                flush=True,
            )
            held.append(is_held)
            held += [_measured(call, given.seconds) for call in _calls(line)]
    return 0 if all(held) else 1


@contextmanager
def running_sandbox(size: str) -> Iterator[tuple[dict[str, Any], int]]:
    """Run a sandbox of a size without limits; yield its line and the id of its process."""
    process = subprocess.Popen(
        [BRIDGE, "sandbox", "--size", size], stdout=subprocess.PIPE, text=True
    )
    try:
        line = json.loads(cast("IO[str]", process.stdout).readline())
        limits = {"enforced": False}
        requests.put(f"{line['control_url']}/constant-contact/limits", json=limits, timeout=10)
        yield line, process.pid
    finally:
        process.terminate()
        process.wait()


def _calls(line: dict[str, Any]) -> list[Call]:
    there, here = line["constant_contact_url"], line["salesforce_url"] + _RECORDS
    token = line["constant_contact"]["access_token"]
    session = line["salesforce"]["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{there}/contacts?limit=1", headers=bearer, timeout=10)
    contact = answer.json()["contacts"][0]
    soql = quote("SELECT Id, Email FROM Contact ORDER BY Id LIMIT 1")
    bearer = {"Authorization": f"Bearer {session}"}
    answer = requests.get(f"{here}/query?q={soql}", headers=bearer, timeout=10)
    record = answer.json()["records"][0]
    by_id = quote(f"SELECT Id, Email FROM Contact WHERE Id = '{record['Id']}'")  # noqa: S608 - SOQL
    of_contact = f"{there}/contacts/{contact['contact_id']}"
    address = quote(contact["email_address"]["address"])
    change = json.dumps({"first_name": "Ada", "update_source": "Account"})
    return [
        Call(name="read a contact", url=of_contact, token=token),
        Call(
            name="find a contact by address",
            url=f"{there}/contacts?status=all&email={address}",
            token=token,
        ),
        Call(name="replace a contact", url=of_contact, token=token, method="PUT", body=change),
        Call(name="read a record", url=f"{here}/sobjects/Contact/{record['Id']}", token=session),
        Call(name="query by id", url=f"{here}/query?q={by_id}", token=session),
        Call(
            name="change a record",
            url=f"{here}/sobjects/Contact/{record['Id']}",
            token=session,
            method="PATCH",
            body=json.dumps({"Title": "Architect"}),
        ),
    ]


def _measured(call: Call, seconds: float) -> bool:
    _load(call, seconds / 10)
    a_second = _load(call, seconds) / seconds
    is_held = a_second >= CALLS_A_SECOND
    print(
        f"  {call.name:26} {a_second:8,.0f} a second, at least {CALLS_A_SECOND:,}: "
        f"{'held' if is_held else 'MISSED'}",
        flush=True,
    )
    return is_held


def _load(call: Call, seconds: float) -> int:
    """Return how many answers came within some seconds on all connections together."""
    return uvloop.run(_keep_asking(call, seconds))


async def _keep_asking(call: Call, seconds: float) -> int:
    loop = asyncio.get_running_loop()
    address, request = urlsplit(call.url), call.as_bytes()
    clients = [_Client(request, time.perf_counter() + seconds) for _ in range(CONNECTIONS)]
    for client in clients:
        await loop.create_connection(
            partial(_itself, client), str(address.hostname), int(address.port or 80)
        )
    await asyncio.gather(*(client.done for client in clients))
    return sum(client.answers for client in clients)


def _itself(client: _Client) -> _Client:
    return client


class _Client(asyncio.Protocol):
    def __init__(self, request: bytes, end: float) -> None:
        self._request = request
        self._end = end
        self._answer = b""
        self.answers = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, ended, body = self._answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or b"0")
        if not ended or len(body) < length:
            return
        if not self._answer.startswith(b"HTTP/1.1 2"):
            self._transport.close()
            error = f"refused: {self._answer.decode(errors='replace')[:300]}"
            self.done.set_exception(RuntimeError(error))
            return
        self._answer = b""
        self.answers += 1
        if time.perf_counter() < self._end:
            self._transport.write(self._request)
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error) if error else self.done.set_result(None)


def _megabytes(pid: int) -> float:
    """Return the memory that a process holds, as `ps` tells it on Linux and macOS."""
    told = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)],  # noqa: S607 - wherever it is
        capture_output=True,
        text=True,
        check=True,
    )
    return int(told.stdout) / 1000


if __name__ == "__main__":
    sys.exit(main())
