"""Measures the pace of several worker processes: as fast as the vendor allows, and never faster.

Each process takes its calls from the budget and makes them at a stand-in that counts as the vendor
does. What the budget granted is judged by the database's clock, what came of it by the stand-in's
answers: its window is 0.95 s, so that a call which is late on its way does not break the second.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from bridge.constant_contact.budget import ask
from bridge.constant_contact.places import on_its_way
from bridge.db.database import open_database
from bridge.db.migrate import migrate
from bridge.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from multiprocessing.queues import Queue

CONSENT, WEBHOOK, RECONCILE = 0, 2, 3
LANES = (CONSENT, WEBHOOK, WEBHOOK, RECONCILE)
CONSENT_AHEAD_MS = 300
A_SECOND = 4
LEAST_USED = 0.95
_PATIENCE_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What came of it.

    Attributes:
        calls: Calls that were granted and made.
        most_a_second: The most grants in any 1.000 s, by the database's clock.
        used: Part of `A_SECOND` calls a second that were granted.
        refused: Answers 429 of the stand-in.
        by_lane: Lane -> its calls.
    """

    calls: int
    most_a_second: int
    used: float
    refused: int
    by_lane: dict[int, int]


def measure(
    conninfo: str, application: tuple[int, int], url: str, token: str, seconds: float
) -> Figures:
    """Let one process for each of `LANES` call for some seconds.

    Args:
        conninfo: The database.
        application: The API application and the connection that call.
        url: The stand-in's API, ending in `/v3`.
        token: An access token of the application whose calls it limits.
        seconds: How long.
    """
    context = multiprocessing.get_context("spawn")
    made: Queue[list[tuple[float, int, int]]] = context.Queue()
    gate = context.Barrier(len(LANES))
    workers = [
        context.Process(
            target=_call, args=(conninfo, application, lane, url, token, seconds, gate, made)
        )
        for lane in LANES
    ]
    for worker in workers:
        worker.start()
    calls = [call for _ in workers for call in made.get(timeout=seconds + 2 * _PATIENCE_S)]
    for worker in workers:
        worker.join(_PATIENCE_S)
    return judge(calls)


def judge(calls: Sequence[tuple[float, int, int]]) -> Figures:
    """Return the figures of calls, each with its start in seconds, its lane and its status."""
    starts = sorted(start for start, _, _ in calls)
    most = max(
        sum(start <= other < start + 1.0 for other in starts[index : index + 3 * A_SECOND])
        for index, start in enumerate(starts)
    )
    return Figures(
        calls=len(starts),
        most_a_second=most,
        used=(len(starts) - 1) / (starts[-1] - starts[0]) / A_SECOND,
        refused=sum(status == requests.codes.too_many_requests for _, _, status in calls),
        by_lane={lane: sum(one == lane for _, one, _ in calls) for lane in sorted(set(LANES))},
    )


def _call(  # noqa: PLR0917 -- arguments of a process
    conninfo: str,
    application: tuple[int, int],
    lane: int,
    url: str,
    token: str,
    seconds: float,
    gate: Any,
    made: Queue[list[tuple[float, int, int]]],
) -> None:
    """Take slots and make calls for a while, as a worker does."""
    calls: list[tuple[float, int, int]] = []
    database = open_database(Settings(DATABASE_URL=conninfo, _env_file=None))
    with closing(database), requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        gate.wait(_PATIENCE_S)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ahead_ms = CONSENT_AHEAD_MS if lane == CONSENT else 0
            with database.transaction() as tx:
                grant = ask(tx, *application, lane, ahead_ms=ahead_ms)
            time.sleep(grant.wait_s)
            if grant.starts_at is not None:
                with on_its_way(database, application[0], is_consent=lane == CONSENT):
                    answer = session.get(f"{url}/contact_lists?limit=1", timeout=_PATIENCE_S)
                calls.append((grant.starts_at.timestamp(), lane, answer.status_code))
            if lane == CONSENT:
                time.sleep(1.0)  # changes of consent come now and then: the others have the rest
    made.put(calls)


def main() -> int:
    """Run the benchmark; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)
        settings = Settings(data_dir=folder / "data", _env_file=None)
        migrate(settings)
        database = open_database(settings)
        stack.callback(database.close)
        line = stack.enter_context(_sandbox())
        with database.transaction() as tx:
            row = tx.execute(
                "WITH made AS ("
                " INSERT INTO api_application (client_id) VALUES ('bench') RETURNING id)"
                " INSERT INTO connection (name, api_application_id) SELECT 'bench', id FROM made"
                " RETURNING api_application_id, id"
            ).fetchone()
        if row is None:
            raise SystemExit("no application was made")
        url, token = line["constant_contact_url"], line["constant_contact"]["access_token"]
        found = measure(database.conninfo(), (row[0], row[1]), url, token, given.seconds)
    return _report(found, given.seconds)


def _report(found: Figures, seconds: float) -> int:
    bars = {
        f"most grants in 1.000 s: {found.most_a_second}, at most {A_SECOND}": (
            found.most_a_second <= A_SECOND
        ),
        f"refused as too many: {found.refused}, none": not found.refused,
        f"used of {A_SECOND} calls a second: {found.used:.1%}, at least {LEAST_USED:.0%}": (
            found.used >= LEAST_USED
        ),
    }
    print(f"{len(LANES)} processes, {seconds:.0f} s, {found.calls} calls, by lane {found.by_lane}")
    for said, is_held in bars.items():
        print(f"{said}: {'held' if is_held else 'MISSED'}")
    return 0 if all(bars.values()) else 1


@contextmanager
def _sandbox() -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "sandbox"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield json.loads(process.stdout.readline() if process.stdout else "")
    finally:
        process.terminate()
        process.wait(timeout=30)


if __name__ == "__main__":
    sys.exit(main())
