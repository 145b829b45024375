"""Measures triage: how fast one process reads what arrives, and how soon it reads what is consent.

Two runs over a server and the two triage processes as `bridge worker` starts them. First messages
arrive at a steady pace a little above the bar, and the triage process has to keep up. Then 100,000
notifications arrive as fast as they are accepted, and one flagged as consent every 50 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psycopg

from benchmarks.posting import Client, post_all
from bridge.bootstrap import open_installation
from bridge.connections.store import read_endpoints
from bridge.db.migrate import migrate
from bridge.identity import salesforce_id
from bridge.prepare import prepare
from bridge.settings import Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ORGANIZATION = "00D5g00000ABcdEEAT"
CONSENT_ACTION = "04k5g000000CONSAA0"
LEAST_A_SECOND = 5_000
MOST_CONSENT_MS = 200.0
A_MESSAGE = 100
CONSENT_EVERY_S = 0.05
DEADLINE_S = 180.0

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
    '<notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
    f"<OrganizationId>{ORGANIZATION}</OrganizationId><ActionId>%s</ActionId>"
    '<SessionId xsi:nil="true"/>'
)
_TAIL = "</notifications></soapenv:Body></soapenv:Envelope>"
_TEXTS = (
    *("Birthdate", "Department", "FirstName", "HomePhone", "LastName", "LeadSource"),
    *("MailingCity", "MailingCountry", "MailingPostalCode", "MailingState", "MailingStreet"),
    *("MobilePhone", "Phone", "Title"),
)
_ids = itertools.count(1)


def a_message(count: int, action: str = "04k5g000000TeSTAA0") -> tuple[list[str], bytes]:
    """Return a message of contacts that nobody has told of before, with its notification ids."""
    ids, parts = [], [_HEAD % action]
    for number in itertools.islice(_ids, count):
        ids.append(f"04l5g{number:010d}AAA")
        texts = "".join(f"<sf:{name}>{name} {number}</sf:{name}>" for name in _TEXTS)
        parts.append(
            f"<Notification><Id>{ids[-1]}</Id><sObject"
            ' xsi:type="sf:Contact" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
            f"<sf:Id>{salesforce_id(f'0035g{number:010d}')}</sf:Id>"
            f"<sf:AccountId>{salesforce_id(f'0015g{number // 3:010d}')}</sf:AccountId>"
            "<sf:CreatedDate>2026-11-02T09:15:00.000Z</sf:CreatedDate>"
            f"<sf:Email>person{number}@example.org</sf:Email>"
            "<sf:HasOptedOutOfEmail>false</sf:HasOptedOutOfEmail>"
            f"<sf:SystemModstamp>2026-11-03T10:00:01.000Z</sf:SystemModstamp>{texts}"
            "</sObject></Notification>"
        )
    return ids, "".join([*parts, _TAIL]).encode()


def main() -> int:
    """Run the benchmark; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--notifications", type=int, default=100_000)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(_folder()))
        folder.chmod(0o755)
        os.environ |= {
            "BRIDGE_DATA_DIR": str(folder / "data"),
            "BRIDGE_LISTEN": f"127.0.0.1:{_free_port()}",
            "BRIDGE_ORGANIZATION_ID": ORGANIZATION,
            "BRIDGE_LOG_LEVEL": "warning",
        }
        settings = read_settings()
        migrate(settings)
        prepare(settings, renew_mappings=True)
        url = _endpoint(settings)
        for role in ("serve", "triage", "triage-consent"):
            stack.enter_context(_process(role))
        _wait_for(settings)
        observer = stack.enter_context(psycopg.connect(_conninfo(settings), autocommit=True))
        pace = _steady(url, observer, given.notifications)
        waits = _burst(url, observer, given.notifications)
    waits.sort()
    p99 = waits[int(0.99 * (len(waits) - 1))]
    is_fast, is_soon = pace >= LEAST_A_SECOND, p99 < MOST_CONSENT_MS
    print(
        f"triaged while messages arrive: {pace:,.0f} notifications/s in one process, "
        f"at least {LEAST_A_SECOND:,}: {'held' if is_fast else 'MISSED'}"
    )
    print(
        f"consent in a burst of {given.notifications:,}: {len(waits)} flagged, p50 "
        f"{median(waits):.0f} ms, p99 {p99:.0f} ms, most {waits[-1]:.0f} ms, "
        f"p99 under {MOST_CONSENT_MS:.0f} ms: {'held' if is_soon else 'MISSED'}"
    )
    return 0 if is_fast and is_soon else 1


def _steady(url: str, observer: psycopg.Connection, count: int) -> float:
    """Return notifications triaged a second while they arrive a tenth faster than the bar."""
    messages = [a_message(A_MESSAGE)[1] for _ in range(count // A_MESSAGE)]
    gap_s = A_MESSAGE / (1.1 * LEAST_A_SECOND)
    started = time.perf_counter()
    asyncio.run(post_all(url, messages, gap_s=gap_s))
    _drain(observer)
    return count / (time.perf_counter() - started)


def _burst(url: str, observer: psycopg.Connection, count: int) -> list[float]:
    """Return the milliseconds from Ack to triage of flagged notifications during a burst."""
    messages = [a_message(A_MESSAGE)[1] for _ in range(count // A_MESSAGE)]
    flagged: dict[str, float] = {}
    waits: list[float] = []
    is_over = threading.Event()

    def watch() -> None:
        with psycopg.connect(observer.info.dsn, autocommit=True) as connection:
            while not is_over.is_set() or flagged:
                rows = connection.execute(
                    "SELECT notification_id FROM notification"
                    " WHERE notification_id = ANY(%s) AND state <> 'received'",
                    (list(flagged),),
                ).fetchall()
                now = time.perf_counter()
                waits.extend((now - flagged.pop(row[0])) * 1000 for row in rows)
                time.sleep(0.002)

    watcher = threading.Thread(target=watch)
    watcher.start()
    asyncio.run(_post_with_consent(url, messages, flagged))
    _drain(observer)
    is_over.set()
    watcher.join()
    return waits


async def _post_with_consent(url: str, messages: list[bytes], flagged: dict[str, float]) -> None:
    burst = asyncio.create_task(post_all(url, messages))
    client = await Client.connect(url)
    while not burst.done():
        ids, body = a_message(1, CONSENT_ACTION)
        await client.post(body)
        flagged[ids[0]] = time.perf_counter()
        await asyncio.sleep(CONSENT_EVERY_S)
    client.close()
    await burst


def _drain(observer: psycopg.Connection) -> None:
    """Return when nothing waits for triage."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        row = observer.execute(
            "SELECT EXISTS (SELECT FROM notification WHERE state = 'received' AND NOT consent)"
        ).fetchone()
        if row == (False,):
            return
        time.sleep(0.02)
    raise SystemExit(f"still untriaged after {DEADLINE_S:.0f} s")


def _endpoint(settings: Settings) -> str:
    """Return where to post, with the consent definition deployed."""
    installation = open_installation(settings)
    with installation.database.transaction() as tx:
        (endpoint,) = read_endpoints(tx, installation.keyring)
        tx.execute(
            "INSERT INTO outbound_definition"
            " (connection_id, action_id, version, object, fields, in_force_from, lane)"
            " VALUES (%s, %s, 1, 'Contact', '{}', app_now(), 0)",
            (endpoint.connection_id, CONSENT_ACTION),
        )
    installation.database.close()
    return f"http://{settings.listen}{endpoint.path}"


def _conninfo(settings: Settings) -> str:
    return open_installation(settings).database.conninfo()


def _folder() -> tempfile.TemporaryDirectory[str]:
    # The embedded server stops some seconds after its last client, and removes its own files then.
    return tempfile.TemporaryDirectory(prefix="bridge-bench-", ignore_cleanup_errors=True)


@contextmanager
def _process(role: str) -> Iterator[None]:
    command = [sys.executable, "-m", "reconciler.process", role]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def _wait_for(settings: Settings) -> None:
    host, _, port = settings.listen.rpartition(":")
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the server did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
