"""Measures the sandbox: how long each size takes to start, its memory, and simple calls a second.

A bar that is missed ends it with 1. The load is one process on the same machine: wrk where it is
installed, otherwise threads of Python, which weigh more than the sandbox.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTS_WITHIN_S = {"small": 2.0, "medium": 10.0, "large": 60.0}
LEAST_CALLS_A_SECOND = 2_000
CONNECTIONS = 8


@dataclass(frozen=True, kw_only=True)
class Started:
    """A running sandbox.

    Attributes:
        line: What it printed.
        took_s: From the command to the line.
    """

    process: subprocess.Popen[str]
    line: dict[str, Any]
    took_s: float

    def memory_mb(self) -> int:
        """Return what it holds in memory, in megabytes (Linux)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+)", status)
        return 0 if found is None else int(found[1]) // 1024


def main() -> int:
    """Run the benchmark and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="+", default=list(STARTS_WITHIN_S))
    parser.add_argument("--seconds", type=int, default=4, help="of load for each kind of call")
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        print("*** wrk is not installed: the load is made in Python and is what is measured ***")
    missed = False
    for size in given.sizes:
        with _sandbox(size) as started:
            bar_s = STARTS_WITHIN_S.get(size)
            missed |= bar_s is not None and started.took_s > bar_s
            print(
                f"{size}: starts in {started.took_s:.1f} s (bar {bar_s or 'none'}), "
                f"{started.memory_mb()} MB"
            )
            for name, (url, token) in _simple_calls(started.line).items():
                rate = _load(url, token, given.seconds)
                missed |= rate < LEAST_CALLS_A_SECOND
                print(f"  {name}: {rate:,.0f} calls/s (bar {LEAST_CALLS_A_SECOND:,})")
    return int(missed)


@contextmanager
def _sandbox(size: str) -> Iterator[Started]:
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--size", size], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        line = json.loads(process.stdout.readline())
        took_s = time.perf_counter() - began
        requests.put(
            f"{line['control_url']}/constant-contact/limits", json={"enforced": False}, timeout=10
        ).raise_for_status()
        yield Started(process=process, line=line, took_s=took_s)
    finally:
        process.terminate()
        process.wait()


def _simple_calls(line: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return one GET of one record on each side, with its token."""
    token = line["observer"]["constant_contact_access_token"]
    contacts = _json(f"{line['constant_contact_url']}/contacts?limit=1", token)["contacts"]
    theirs = line["observer"]["salesforce_access_token"]
    rest = f"{line['salesforce_url']}/services/data/v66.0"
    (record,) = _json(f"{rest}/query?q=SELECT+Id+FROM+Contact+LIMIT+1", theirs)["records"]
    return {
        "Constant Contact": (
            f"{line['constant_contact_url']}/contacts/{contacts[0]['contact_id']}",
            token,
        ),
        "Salesforce": (f"{rest}/sobjects/Contact/{record['Id']}", theirs),
    }


def _json(url: str, token: str) -> Any:
    answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    answer.raise_for_status()
    return answer.json()


def _load(url: str, token: str, seconds: int) -> float:
    """Return the good answers a second."""
    if shutil.which("wrk") is None:
        return _load_by_threads(url, token, seconds)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"]
    out = subprocess.run(
        [*command, "-H", f"Authorization: Bearer {token}", url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", out)
    return 0.0 if rate is None or "Non-2xx" in out else float(rate[1])


def _load_by_threads(url: str, token: str, seconds: int) -> float:
    good: list[int] = []

    def call() -> None:
        count, end = 0, time.perf_counter() + seconds
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {token}"
            while time.perf_counter() < end:
                count += session.get(url, timeout=10).ok
        good.append(count)

    threads = [threading.Thread(target=call) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(good) / seconds


if __name__ == "__main__":
    sys.exit(main())
