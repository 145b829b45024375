"""`make bench-delivery`: what deciding, recording and being safe add to the bare HTTP calls.

Changed contacts are delivered, none in bulk, to a stand-in that answers at once, with the budget
lifted; beside that a bare loop of `requests` makes the very calls again that the delivery made.
Both have as many threads as a worker, in one process, and take turns.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import requests

from benchmarks.at_once import LIST_ID, answering_at_once, calls_of
from bridge.bootstrap import open_installation
from bridge.connections.credentials import read_credentials, set_credentials
from bridge.connections.store import add_connection, set_profile
from bridge.db.migrate import migrate
from bridge.delivery.deliver import deliver_slice
from bridge.delivery.work import INTERACTIVE
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from bridge.settings import read_settings
from reconciler.roles import WORKERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.at_once import Call
    from bridge.bootstrap import Installation

LEAST_RATIO = 0.6
THREADS = WORKERS["work"][1]
TOKEN = "bench"  # noqa: S105 -- of the stand-in
_ORGANIZATION = "00D5g00000ABcdEEAT"
_PATIENCE_S = 120.0

_PEOPLE = """
INSERT INTO practifi_record
  (connection_id, kind, sf_id, modstamp, email_key, do_not_email, fields, source, seen_at)
SELECT id, 'contact', '0035g' || lpad(n::text, 10, '0') || 'AAA', app_now(),
  'person' || n || '@example.org', false,
  jsonb_build_object('Email', 'person' || n || '@example.org', 'FirstName', 'First ' || n,
    'LastName', 'Last ' || n, 'MailingStreet', n || ' Long Street Name', 'MailingCity', 'Leeds',
    'MailingState', 'Yorkshire', 'MailingPostalCode', 'LS1 1AA', 'MailingCountry', 'United Kingdom',
    'Phone', '+441132' || lpad(n::text, 6, '0')),
  'message', app_now()
FROM connection, generate_series(1, %(count)s) AS n
"""
_LIST = "a01000000000001AAA"
_ON_A_LIST = """
WITH list AS (
  INSERT INTO practifi_record (connection_id, kind, sf_id, modstamp, name, fields, source, seen_at)
  SELECT id, 'list', %(list)s, app_now(), 'Letter', '{}', 'message', app_now() FROM connection),
there AS (
  INSERT INTO cc_list (connection_id, list_id, name, seen_at)
  SELECT id, %(list_there)s, 'Letter', app_now() FROM connection),
link AS (
  INSERT INTO link (connection_id, kind, sf_id, cc_id, is_owner, made_at)
  SELECT id, 'list', %(list)s, %(list_there)s, true, app_now() FROM connection)
INSERT INTO practifi_record
  (connection_id, kind, sf_id, modstamp, contact_id, list_id, fields, source, seen_at)
SELECT connection_id, 'membership', 'a03' || substr(sf_id, 4), app_now(), sf_id, %(list)s, '{}',
  'message', app_now()
FROM practifi_record
WHERE kind = 'contact'
"""
_CHANGE = """
UPDATE practifi_record
SET fields = fields || jsonb_build_object('Title', %(title)s || ' of ' || sf_id)
WHERE kind = 'contact'
"""
_MARK = """
INSERT INTO work (connection_id, kind, key, lane, due_at)
SELECT connection_id, 'address', email_key, %(lane)s, app_now() FROM practifi_record
WHERE kind = 'contact'
ON CONFLICT (connection_id, kind, key) DO UPDATE
  SET wanted = work.wanted + 1, lane = excluded.lane, due_at = app_now()
"""
_LEFT = "SELECT count(*) FROM work WHERE done < wanted"


def main() -> int:
    """Run the benchmark; 1 where the bar is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.delivery", description=__doc__)
    parser.add_argument("--contacts", type=int, default=400, help="changed in each turn")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each side")
    parser.add_argument("--threads", type=int, default=THREADS)
    given = parser.parse_args()
    logging.disable(logging.WARNING)
    with ready(given.contacts) as (installation, url):
        ratios = measure(installation, url, rounds=given.rounds, threads=given.threads)
    ratio = median(ratios)
    is_held = ratio >= LEAST_RATIO
    print(
        f"{given.threads} threads: {ratio:.2f} of a bare loop ({min(ratios):.2f} to "
        f"{max(ratios):.2f}), at least {LEAST_RATIO}: {'held' if is_held else 'MISSED'}"
    )
    return 0 if is_held else 1


@contextmanager
def ready(contacts: int) -> Iterator[tuple[Installation, str]]:
    """Yield an installation that knows so many people, and the stand-in it delivers them to."""
    with ExitStack() as stack:
        url = stack.enter_context(answering_at_once())
        # The embedded server stops some seconds after its last client and removes its files then.
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="bridge-bench-", ignore_cleanup_errors=True)
        )
        Path(folder).chmod(0o755)
        os.environ["BRIDGE_DATA_DIR"] = f"{folder}/data"
        settings = read_settings()
        migrate(settings)
        installation = open_installation(settings, connections=2 * THREADS + 2)
        stack.callback(installation.database.close)
        know_people(installation, url, contacts)
        yield installation, url


def measure(
    installation: Installation, url: str, *, rounds: int, threads: int = THREADS
) -> list[float]:
    """Return, of each round, the speed of delivering as a part of the bare loop's."""
    deliver(installation, "First", threads=threads)
    with installation.database.transaction() as tx:
        tx.execute("ANALYZE")  # as the server does by itself within a minute
    ratios = []
    for number in range(rounds):
        calls_of(url)
        ours_s = deliver(installation, f"Title {number}", threads=threads)
        calls = calls_of(url)
        bare_s = make_again(url, calls, threads=threads)
        ratios.append(bare_s / ours_s)
        print(
            f"  {len(calls)} calls: delivered in {ours_s:.2f} s, bare loop {bare_s:.2f} s, "
            f"ratio {ratios[-1]:.2f}",
            flush=True,
        )
    return ratios


def know_people(installation: Installation, url: str, contacts: int) -> None:
    """Add a connection to the stand-in, and so many people who are on a list there."""
    line = {
        "organization_id": _ORGANIZATION,
        "salesforce_url": url,
        "salesforce": {"access_token": TOKEN},
        "constant_contact_url": f"{url}/v3",
        "constant_contact_auth_url": url,
        "constant_contact": {
            "client_id": "bench",
            "client_secret": "bench",
            "access_token": TOKEN,
            "refresh_token": "bench",
        },
    }
    with installation.database.transaction() as tx:
        connection = add_connection(tx, installation.keyring, "firm", _ORGANIZATION)
        set_credentials(tx, installation.keyring, connection.id, read_credentials(json.dumps(line)))
        set_profile(tx, connection.id, "practifi")
        activate(tx, connection.id, read_files(installation.settings.mappings), by="benchmark")
        tx.execute("UPDATE api_application SET gap_ms = 0, day_limit = 100000000")
        tx.execute("UPDATE connection SET state = 'active'")
        tx.execute(_PEOPLE, {"count": contacts})
        tx.execute(_ON_A_LIST, {"list": _LIST, "list_there": LIST_ID})
        tx.execute("ANALYZE practifi_record")


def deliver(installation: Installation, title: str, *, threads: int) -> float:
    """Change everybody, deliver until nothing waits and return the seconds that took."""
    with installation.database.transaction() as tx:
        tx.execute(_CHANGE, {"title": title})
        tx.execute(_MARK, {"lane": INTERACTIVE})
    until = time.monotonic() + _PATIENCE_S
    took_s = _together([lambda: deliver_slice(installation, (INTERACTIVE,), until=until)] * threads)
    with installation.database.transaction() as tx:
        left = tx.execute(_LEFT).fetchone()
    if left != (0,):
        raise SystemExit(f"not delivered: {left}")
    return took_s


def make_again(url: str, calls: Sequence[Call], *, threads: int) -> float:
    """Make the same calls with nothing around them and return the seconds that took."""
    return _together([partial(_make, url, calls[start::threads]) for start in range(threads)])


def _make(url: str, calls: Sequence[Call]) -> None:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        for method, path, body in calls:
            answer = session.request(
                method,
                url + path,
                data=body.encode() or None,
                headers={"Content-Type": "application/json"} if body else None,
                timeout=_PATIENCE_S,
            )
            answer.raise_for_status()
            answer.json()


def _together(parts: Sequence[Callable[[], object]]) -> float:
    """Run each part in a thread of its own and return the seconds until all have ended."""
    running = [threading.Thread(target=part) for part in parts]
    started = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
