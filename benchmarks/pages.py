"""`make bench-pages`: how long the server takes for each page of the console of a large firm.

100,000 contacts with three memberships each, 200,000 notifications, half a year of nights and a
plan of 50,000 steps lie in an embedded database. Every page whose address needs nothing more is
opened, and those that are named here, one after the other by one person, over HTTP on the loopback
interface: the 95th percentile counts, with the log-in looked up each time.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

import requests
import uvicorn

from bridge.app import create_app
from bridge.bootstrap import open_installation
from bridge.connections.store import add_connection, set_profile
from bridge.console.access.people import begin_session, meet
from bridge.console.access.roles import Right
from bridge.console.site import pages
from bridge.db.migrate import migrate
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.bootstrap import Installation

MOST_MS = 150.0
MOST_OF_PLAN_MS = 1_000.0
"""What a plan of 50,000 steps may take to open."""

_CONTACTS = 100_000
_DEADLINE_S = 20.0
_CLIENT = "001000000000100AAA"
_ASKS_MORE = (".csv", ".json", "/undo", "/reactivate", "/put-back")
_ASKS_NOTHING = frozenset({Right.ENTER, Right.STAY})
_QUERIES = (
    "/inbox?state=dead",
    "/inbox?q=person4711@example.org",
    "/runs?job=lists&state=done",
    "/runs/{run}?sign=remove",
    "/runs/{run}?q=person4711@example.org",
    "/runs/{run}/approve?part=without_removals",
)


def main() -> int:
    """Run the benchmark; 1 where a page is too slow."""
    parser = argparse.ArgumentParser(prog="benchmarks.pages", description=__doc__)
    parser.add_argument("contacts", nargs="?", type=int, default=_CONTACTS)
    parser.add_argument("--times", type=int, default=40, help="each page is opened")
    given = parser.parse_args()
    with ExitStack() as stack:
        installation = stack.enter_context(_filled(given.contacts))
        url, session = stack.enter_context(_logged_in(installation))
        held = [_measured(url, session, path, given.times) for path in _paths(installation)]
    return 0 if all(held) else 1


def _measured(url: str, session: requests.Session, path: str, times: int) -> bool:
    took_ms = []
    for _ in range(times + 1):
        started = time.perf_counter()
        answer = session.get(url + path, timeout=60)
        took_ms.append((time.perf_counter() - started) * 1_000)
        if answer.status_code != requests.codes.ok:
            raise SystemExit(f"{path}: {answer.status_code} {answer.text[:200]}")
    del took_ms[0]  # the first one compiles the template
    high = quantiles(took_ms, n=20)[-1]
    most_ms = MOST_OF_PLAN_MS if "/runs/" in path else MOST_MS
    is_held = high < most_ms
    print(
        f"{path:48} median {median(took_ms):6.1f} ms, p95 {high:6.1f} ms, under {most_ms:,.0f} ms: "
        f"{'held' if is_held else 'MISSED'}",
        flush=True,
    )
    return is_held


def _paths(installation: Installation) -> Iterator[str]:
    """Yield the addresses of all pages; say which cannot be measured."""
    with installation.database.transaction() as tx:
        run, connection, notification = tx.execute(
            "SELECT (SELECT run_id FROM plan WHERE state = 'waiting'),"
            " (SELECT min(name) FROM connection),"
            " (SELECT max(notification_id) FROM notification WHERE state = 'dead')"
        ).fetchall()[0]
    values = {
        "run_id": run,
        "connection": connection,
        "notification_id": notification,
        "account_id": _CLIENT,
    }
    for page in pages():
        if page.method != "GET" or page.right in _ASKS_NOTHING:
            continue
        path = page.path.replace(":int", "").replace(":path", "")
        try:
            path = path.format(**values)
        except KeyError as missing:
            print(f"{path:48} is not measured: no {missing} is known here")
        else:
            if not path.endswith(_ASKS_MORE):
                yield path
    yield from (path.format(run=run) for path in _QUERIES)


@contextmanager
def _filled(contacts: int) -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="bridge-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        os.environ["BRIDGE_DATA_DIR"] = f"{folder}/data"
        settings = read_settings()
        migrate(settings)
        installation = open_installation(settings)
        try:
            _fill(installation, contacts)
            yield installation
        finally:
            installation.database.close()


def _fill(installation: Installation, contacts: int) -> None:
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    with installation.database.transaction() as tx:
        connection = add_connection(tx, installation.keyring, "firm", "00D5g00000ABcdEEAT")
        set_profile(tx, connection.id, "practifi")
        activate(tx, connection.id, read_files(installation.settings.mappings), by="benchmark")
        values = {"id": connection.id, "contacts": contacts}
        for statement in text.partition("\n\n")[2].split(";\n"):
            tx.execute(statement.encode(), values)
    with installation.database.session() as tx:
        tx.execute("VACUUM ANALYZE")


@contextmanager
def _logged_in(installation: Installation) -> Iterator[tuple[str, requests.Session]]:
    """Serve the console, and yield its address with the session of an administrator."""
    database = installation.database
    with database.transaction() as tx:
        ((connection_id,),) = tx.execute("SELECT id FROM connection").fetchall()
        person = meet(tx, connection_id, "0055g00000AdminAAA", "Ann Admin")
        tx.execute("UPDATE console_person SET roles = '{admin}'")
        token = begin_session(tx, person)
    session = requests.Session()
    session.trust_env = False
    session.cookies.set("bridge-session", token)
    app = create_app(installation.settings, database, installation.keyring, lambda _: None)
    with _serving(app) as url:
        yield url, session


@contextmanager
def _serving(app: Any) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + _DEADLINE_S
    while not server.started:
        if time.monotonic() > deadline:
            raise SystemExit("the server does not start")
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_DEADLINE_S)
        listener.close()


if __name__ == "__main__":
    sys.exit(main())
