"""A real `bridge up` beside a real sandbox, whose processes can be found and killed one by one.

Nothing here imports the bridge or attaches to its database as a bridge process would: that would
heal what the tests break. The inbox is read through the server's own socket.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped]
import psycopg
import requests
from psycopg.rows import dict_row

from tests.fix_sandbox import RunningSandbox, start_sandbox, stop_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORKERS = ("triage-consent", "deliver-consent", "triage", "work")
ROLES = frozenset({"serve", "scheduler", *WORKERS})

LEASE_S = 3.0
SWEEP_S = 1.0
DELETES_EVERY_S = 2.0

_REPOSITORY = Path(__file__).parents[2]
_BRIDGE = Path(sys.executable).with_name("bridge")
_CONNECTION = "firm"
_START_S = 90.0
_STOP_S = 60.0
_POLL_S = 0.02
_TRIES_TO_START = 40


def until(holds: Callable[[], bool], what: str, *, within_s: float) -> float:
    """Look until it holds and return the seconds that took."""
    began = time.monotonic()
    while not holds():
        waited_s = time.monotonic() - began
        assert waited_s < within_s, f"not within {within_s:.0f} s: {what}"
        time.sleep(_POLL_S)
    return time.monotonic() - began


@dataclass
class Installation:
    """One `bridge up`, started again whenever it ends, as a service manager does.

    Attributes:
        folder: Holds its data folder; short, because a socket's path is.
        log: What its processes print.
        settings: Environment variables of its own, from its next start on.
        restarts: How often it had to be started, since it was last ready, because it had ended.
    """

    folder: Path
    log: Path
    sandbox: RunningSandbox
    port: int
    endpoint: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    restarts: int = 0
    _up: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def up(self) -> psutil.Process:
        """The parent of the group."""
        assert self._up is not None
        return psutil.Process(self._up.pid)

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._up = subprocess.Popen(  # noqa: S603 - our own program
                [_BRIDGE, "up"],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def restart(self, **settings: str) -> None:
        """Stop it in good order and start it with these settings."""
        self.up.terminate()
        until(lambda: self.exit_code() is not None, "`bridge up` has ended", within_s=_STOP_S)
        self.settings = settings
        self.start()
        until(self.is_ready, "`bridge up` is ready again", within_s=_START_S)

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command beside it, as a person would; whoever does sees to its end."""
        with self.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own program
                [_BRIDGE, *arguments],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def exit_code(self) -> int | None:
        assert self._up is not None
        return self._up.poll()

    def ensure_up(self) -> None:
        """Start it again if it has ended: the children of a killed one may still hold the port."""
        if self.exit_code() is not None:
            self.restarts += 1
            assert self.restarts < _TRIES_TO_START, self.log_tail()
            self.start()

    def is_ready(self) -> bool:
        self.ensure_up()
        try:
            answer = requests.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5)
        except requests.RequestException:
            return False
        if answer.status_code != requests.codes.ok:
            return False
        self.restarts = 0
        return True

    def connect(self) -> None:
        """Add the connection, without any limit, and let the org's messages come here."""
        done = subprocess.run(  # noqa: S603 - our own program
            [_BRIDGE, "connection", "add", _CONNECTION, "--credentials", "-", "--json"],
            input=json.dumps(self.sandbox.line),
            text=True,
            capture_output=True,
            cwd=self.folder,
            env=self.environment(),
            timeout=_START_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        path = json.loads(done.stdout)["endpoint_path"]
        self.endpoint = f"http://127.0.0.1:{self.port}{path}"
        self.rows("UPDATE api_application SET gap_ms = 0, day_limit = 10000000 RETURNING id")
        until(self._is_known, "the server knows the connection", within_s=_START_S)
        self.sandbox.control("PUT", "/salesforce/endpoint", {"url": self.endpoint})

    def _is_known(self) -> bool:
        answer = requests.post(self.endpoint, timeout=5)
        return bool(answer.status_code != requests.codes.not_found)

    # Processes

    def roles(self) -> dict[str, psutil.Process]:
        """Return the running children of the group by their role."""
        found: dict[str, psutil.Process] = {}
        with contextlib.suppress(psutil.NoSuchProcess):
            for child in self.up.children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    command = child.cmdline()
                    if "reconciler.process" in command:
                        found[command[-1]] = child
        return found

    def is_whole(self) -> bool:
        self.ensure_up()
        return self.roles().keys() >= ROLES

    def postmaster(self) -> psutil.Process | None:
        """Return PostgreSQL's first process, if it is the one of this data folder."""
        try:
            first_line, *_ = (self.data_dir / "pg" / "postmaster.pid").read_text().splitlines()
            found = psutil.Process(int(first_line))
            keeper = found.parent()
            is_ours = keeper is not None and str(self.data_dir) in keeper.cmdline()
        except (OSError, ValueError, psutil.NoSuchProcess):
            return None
        return found if is_ours else None

    def processes(self) -> list[psutil.Process]:
        """Return every process of the installation that runs now."""
        found = [self.up, *self.up.children(recursive=True)]
        server = self.postmaster()
        if server is not None:
            found += [server.parent(), server, *server.children()]
        return [each for each in dict.fromkeys(found) if each is not None]

    # The database

    def rows(self, statement: str, **values: object) -> list[dict[str, Any]]:
        """Return the rows of one statement; a server that is starting again is waited for."""
        deadline = time.monotonic() + _START_S
        while True:
            try:
                with self.session() as connection:
                    cursor = connection.execute(statement, values)
                    return cursor.fetchall() if cursor.description else []
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, self.log_tail()
                time.sleep(_POLL_S)

    def session(self) -> psycopg.Connection[dict[str, Any]]:
        """Return a connection to the server, in autocommit."""
        return psycopg.connect(
            host=str(self.data_dir / "pg"),
            user="bridge",
            dbname="bridge",
            application_name="somebody else",
            autocommit=True,
            row_factory=dict_row,
        )

    def log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(lines[-40:])

    def environment(self) -> dict[str, str]:
        """Return what a shell has in which its commands are typed."""
        own = ("BRIDGE_", "DATABASE_URL", "BROKER_URL")
        inherited = {name: text for name, text in os.environ.items() if not name.startswith(own)}
        return inherited | {
            "BRIDGE_DATA_DIR": str(self.data_dir),
            "BRIDGE_LISTEN": f"127.0.0.1:{self.port}",
            "BRIDGE_MAPPINGS": str(_REPOSITORY / "mappings"),
            "BRIDGE_LEASE_S": str(LEASE_S),
            "BRIDGE_SWEEP_EVERY_S": str(SWEEP_S),
            "BRIDGE_DELETES_EVERY_S": str(DELETES_EVERY_S),
            "BRIDGE_HTTP_TIMEOUT_S": str(LEASE_S - 0.5),  # a call ends before its lease
            **self.settings,
        }


@contextmanager
def running_installation(log: Path, folder: Path | None = None) -> Iterator[Installation]:
    """Start an empty sandbox and a bridge that is connected to it; end both and remove all.

    Args:
        log: What the bridge's processes print.
        folder: Where its data folder shall be, if not in one of its own.
    """
    folder = folder or Path(tempfile.mkdtemp(prefix="bridge-faults-"))
    process, line = start_sandbox("--size", "empty")
    try:
        with requests.Session() as session:
            sandbox = RunningSandbox(line=line, session=session)
            sandbox.lift_limits()
            sandbox.control("PUT", "/salesforce/queue", {"retry_factor": 0.01})
            installation = Installation(folder=folder, log=log, sandbox=sandbox, port=_free_port())
            installation.start()
            try:
                until(installation.is_ready, "`bridge up` is ready", within_s=_START_S)
                installation.connect()
                yield installation
            finally:
                _end(installation)
    finally:
        stop_sandbox(process)
        shutil.rmtree(folder, ignore_errors=True)


def is_gone(process: psutil.Process) -> bool:
    """Tell whether a process has ended; one that only waits to be reaped has."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _end(installation: Installation) -> None:
    """End every process of an installation, whatever state a test has left it in."""
    if installation.exit_code() is not None:
        installation.start()  # a group of its own ends the orphans' database in good order
        time.sleep(1)
    left = installation.processes()
    with contextlib.suppress(psutil.NoSuchProcess):
        installation.up.terminate()
    deadline = time.monotonic() + _STOP_S
    while not all(map(is_gone, left)) and time.monotonic() < deadline:
        installation.exit_code()
        time.sleep(_POLL_S)
    for process in left:
        if not is_gone(process):
            process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
