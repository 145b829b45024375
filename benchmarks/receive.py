"""Measures receiving against other ways to answer the same requests; prints ratios.

Every server runs at once and idles while another is measured. Two sides take turns in slices of
seconds, five rounds, the first one changing; what counts is the median of the rounds' ratios, since
all share the machine with the load. After each slice every acknowledged notification is looked for,
and the tables are emptied: memory that a virtual machine touches for the first time is slow, and
after some hundred megabytes that would be what is measured.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import venv
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psycopg

from benchmarks import receive_load, receive_wrk
from bridge.bootstrap import open_installation
from bridge.connections.store import read_endpoints
from bridge.db.migrate import migrate
from bridge.settings import Settings, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.receive_load import Slice

HERE = Path(__file__).resolve().parent
ORGANIZATION = "00D5g00000ABcdEEAT"
ROUNDS = 5
START_DEADLINE_S = 30.0


@dataclass(frozen=True, kw_only=True)
class Side:
    """A server that takes the load."""

    name: str
    port: int
    path: str


@dataclass(frozen=True, kw_only=True)
class Bar:
    """What the median of the ratios must reach."""

    rival: Side | None
    notifications: int
    connections: int
    least: float


def main() -> int:
    """Run the benchmark; 1 where a bar is missed or an acknowledged notification is not found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a slice")
    parser.add_argument("--no-flask", action="store_true", help="leave Flask out")
    given = parser.parse_args()
    if not receive_wrk.is_here():
        print(
            "*** wrk is not installed: the load is made in Python and weighs more in each ratio ***"
        )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(_folder()))
        os.environ |= {
            "BRIDGE_DATA_DIR": str(folder / "data"),
            "BRIDGE_LISTEN": f"127.0.0.1:{_free_port()}",
            "BRIDGE_ORGANIZATION_ID": ORGANIZATION,
            "BRIDGE_LOG_LEVEL": "warning",
        }
        settings = read_settings()
        migrate(settings)
        bridge = stack.enter_context(_bridge(settings))
        empty, parse = stack.enter_context(_rivals())
        flask = None if given.no_flask else stack.enter_context(_flask(settings, folder))
        # Short messages first: a hundred times as many notifications fill the database.
        bars = [
            Bar(rival=empty, notifications=1, connections=64, least=0.60),
            Bar(rival=flask, notifications=1, connections=64, least=30),
            Bar(rival=parse, notifications=100, connections=32, least=1.15),
            Bar(rival=flask, notifications=100, connections=32, least=4),
        ]
        inbox = Inbox(settings)
        held = [_measure(bridge, bar, bar.rival, inbox, given.seconds) for bar in bars if bar.rival]
        print(f"acknowledged {inbox.acknowledged:,}, found in the inbox {inbox.stored:,}")
        return 0 if all(held) and inbox.lost == 0 else 1


class Inbox:
    """The tables that the slices fill.

    Attributes:
        acknowledged: Notifications that the bridge has acknowledged.
        stored: Those that were found afterwards; requests cut off by a slice's end are among them.
        lost: Those that a slice acknowledged beyond what was found after it.
    """

    def __init__(self, settings: Settings) -> None:
        self._database = open_installation(settings).database
        self.acknowledged = self.stored = self.lost = 0

    def close_slice(self, acknowledged: int) -> None:
        """Look for what a slice acknowledged, and empty the tables."""
        with self._database.transaction() as tx:
            (found,) = tx.execute("SELECT count(*) FROM notification").fetchone() or (0,)
            tx.execute("TRUNCATE notification, message CASCADE")
            tx.execute(
                "DO $$BEGIN IF to_regclass('flask_inbox') IS NOT NULL THEN "
                "TRUNCATE flask_inbox; END IF; END$$"
            )
        self.acknowledged += acknowledged
        self.stored += found
        self.lost += max(0, acknowledged - found)


def _measure(bridge: Side, bar: Bar, rival: Side, inbox: Inbox, seconds: float) -> bool:
    """Print one line of the table; return whether the bar is held."""

    def measured(side: Side) -> Slice:
        taken = _slice(side, bar, seconds)
        inbox.close_slice(taken.messages * bar.notifications if side is bridge else 0)
        return taken

    for side in (bridge, rival):
        measured(side)
    rounds: list[tuple[Slice, Slice]] = []
    for number in range(ROUNDS):
        first, second = (bridge, rival) if number % 2 else (rival, bridge)
        taken = {side.name: measured(side) for side in (first, second)}
        rounds.append((taken[bridge.name], taken[rival.name]))
    ratios = sorted(ours.a_second() / theirs.a_second() for ours, theirs in rounds)
    waits = sorted(ours.p99_ms / theirs.p99_ms for ours, theirs in rounds)
    is_held = median(ratios) >= bar.least
    print(
        f"{bar.notifications:3} a message, {bar.connections} connections: "
        f"{median(ratios):6.2f} x {rival.name} ({ratios[0]:.2f} to {ratios[-1]:.2f}), "
        f"at least {bar.least:g}: {'held' if is_held else 'MISSED'}; "
        f"p99 {median(waits):.1f} x; "
        f"{median(ours.a_second() for ours, _ in rounds) * bar.notifications:,.0f} notifications/s,"
        f" p99 {median(ours.p99_ms for ours, _ in rounds):.1f} ms",
        flush=True,
    )
    return is_held


def _slice(side: Side, bar: Bar, seconds: float) -> Slice:
    load = receive_wrk.load if receive_wrk.is_here() else receive_load.load
    taken = load(
        side.port,
        side.path,
        notifications=bar.notifications,
        connections=bar.connections,
        seconds=seconds,
    )
    if taken.refused or not taken.messages:
        raise SystemExit(f"{side.name}: {taken.refused} refused, {taken.messages} acknowledged")
    return taken


def _folder() -> tempfile.TemporaryDirectory[str]:
    # The embedded server stops some seconds after its last client, and removes its own files then.
    return tempfile.TemporaryDirectory(prefix="bridge-bench-", ignore_cleanup_errors=True)


@contextmanager
def _bridge(settings: Settings) -> Iterator[Side]:
    port = int(settings.listen.rpartition(":")[2])
    with _server([str(Path(sys.executable).parent / "bridge"), "serve"], port):
        installation = open_installation(settings)
        with installation.database.transaction() as tx:
            (endpoint,) = read_endpoints(tx, installation.keyring)
        yield Side(name="bridge", port=port, path=endpoint.path)


@contextmanager
def _rivals() -> Iterator[tuple[Side, Side]]:
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "receive_rivals:app", "--app-dir", str(HERE)]
    options = ["--loop", "uvloop", "--http", "httptools", "--no-access-log"]
    with _server([*command, *options, "--log-level", "warning", "--port", str(port)], port):
        yield (
            Side(name="an empty Starlette POST", port=port, path="/empty"),
            Side(name="parsing every field, unstored", port=port, path="/parse"),
        )


@contextmanager
def _flask(settings: Settings, folder: Path) -> Iterator[Side | None]:
    """Serve Flask from an environment that is thrown away, or say loudly that it is left out."""
    packages = ["flask", "gunicorn", "psycopg[binary]"]
    venv.create(folder / "flask", with_pip=True)
    python = folder / "flask" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages]
    if subprocess.run(install, check=False).returncode:
        print("*** LEFT OUT: Flask cannot be installed here; its two lines are missing ***")
        yield None
        return
    conninfo = open_installation(settings).database.conninfo()
    with psycopg.connect(conninfo) as connection:
        connection.execute("CREATE TABLE flask_inbox (id text PRIMARY KEY, payload json)")
    port = _free_port()
    gunicorn = [str(python), "-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}"]
    options = ["--backlog", "512", "--log-level", "warning", "--chdir", str(HERE)]
    os.environ["BENCH_CONNINFO"] = conninfo
    with _server([*gunicorn, *options, "receive_flask:app"], port):
        yield Side(name="Flask + connect", port=port, path="/flask")


@contextmanager
def _server(command: list[str], port: int) -> Iterator[None]:
    process = subprocess.Popen(command)
    try:
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"did not start: {' '.join(command)}")
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=START_DEADLINE_S)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
