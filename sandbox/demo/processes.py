"""The programs that the demo starts: each ends with the demo, however that ends."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sandbox.demo.errors import DemoError

_GUARD = Path(__file__).with_name("guard.py")
_KEPT = frozenset({"BRIDGE_LOG_LEVEL"})
_LOG_TAIL_LINES = 12
_COMMAND_S = 60.0
_POLL_S = 0.05
_ALL_IS_WELL = re.compile(r'"level": "(INFO|DEBUG)"')


class Service:
    """A long-running program, its output in two files of the workspace.

    Attributes:
        name: What people call it.
    """

    def __init__(self, name: str, command: list[str], folder: Path, env: dict[str, str]) -> None:
        self.name = name
        stem = name.replace(" ", "-")
        self._output = folder / f"{stem}.out"
        self._log = folder / f"{stem}.log"
        with self._output.open("wb") as output, self._log.open("wb") as log:
            self._guard = subprocess.Popen(  # noqa: S603 - a program of this installation
                [sys.executable, "-I", "-S", str(_GUARD), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=log,
                cwd=folder,
                env=env,
                start_new_session=True,  # Ctrl-C reaches the demo only, which ends all in order
            )

    def first_line(self) -> str | None:
        """Return the first line that the program has printed, or None before it is complete."""
        line, end, _ = self._output.read_text(encoding="utf-8").partition("\n")
        return line if end else None

    def output(self) -> str:
        """Return all that the program has printed."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def exit_code(self) -> int | None:
        """Return the program's exit code, or None while it runs."""
        return self._guard.poll()

    def log_tail(self, *, troubles_only: bool = False) -> str:
        """Return the last lines of the program's log, for a person who looks for a cause.

        Args:
            troubles_only: Leave out the lines that only tell what goes well.
        """
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        if troubles_only:
            lines = [line for line in lines if _ALL_IS_WELL.search(line) is None]
        return "\n".join(lines[-_LOG_TAIL_LINES:])

    def ensure_running(self) -> None:
        """Raise if the program has ended by itself.

        Raises:
            DemoError: With the exit code and the last lines of its log.
        """
        code = self.exit_code()
        if code is not None:
            message = f"`{self.name}` ended with exit code {code}; its last lines:\n"
            raise DemoError(message + self.log_tail())

    def ask_to_end(self) -> None:
        """Close the pipe that keeps the program running; returns at once."""
        stdin: IO[bytes] | None = self._guard.stdin
        if stdin is not None:
            stdin.close()

    def wait(self) -> None:
        """Wait until the program is gone; its guard sees to that within 20 seconds."""
        self._guard.wait()


def bridge_program() -> str:
    """Return the path of the console script `bridge` of this Python environment.

    Raises:
        DemoError: If the package is not installed in it.
    """
    for folder in (Path(sys.executable).parent, Path(sysconfig.get_path("scripts"))):
        if (folder / "bridge").is_file():
            return str(folder / "bridge")
    message = f"no `bridge` beside {sys.executable}: run `make install`"
    raise DemoError(message)


def run(arguments: list[str], *, stdin: str, folder: Path, env: dict[str, str]) -> str:
    """Run a `bridge` command to its end and return what it printed.

    Args:
        arguments: What follows `bridge`.
        stdin: Text for its standard input, where secrets belong.
        folder: Working directory.
        env: Its whole environment.

    Raises:
        DemoError: If it fails or takes longer than a minute.
    """
    shown = f"bridge {' '.join(arguments)}"
    try:
        done = subprocess.run(  # noqa: S603 - a program of this installation
            [bridge_program(), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=folder,
            env=env,
            timeout=_COMMAND_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        message = f"`{shown}` did not end within {_COMMAND_S:.0f} s"
        raise DemoError(message) from None
    if done.returncode:
        message = f"`{shown}` ended with exit code {done.returncode}:\n{done.stderr.strip()}"
        raise DemoError(message)
    return done.stdout


@dataclass(frozen=True, kw_only=True)
class Ended:
    """A command that has ended.

    Attributes:
        printed: All of its standard output.
        log_tail: The last lines of its standard error.
    """

    code: int
    printed: str
    log_tail: str


def run_guarded(arguments: list[str], *, folder: Path, env: dict[str, str]) -> Ended:
    """Run a `bridge` command to its end; it ends before, if the demo does, however that ends.

    Args:
        arguments: What follows `bridge`; the first two name the files of its output.
        folder: Working directory.
        env: Its whole environment.

    Raises:
        DemoError: If it takes longer than a minute.
    """
    name = f"bridge {' '.join(arguments[:2])}"
    service = Service(name, [bridge_program(), *arguments], folder, env)
    deadline = time.monotonic() + _COMMAND_S
    try:
        while (code := service.exit_code()) is None:
            if time.monotonic() > deadline:
                message = f"`{name}` did not end within {_COMMAND_S:.0f} s"
                raise DemoError(message)
            time.sleep(_POLL_S)
    finally:
        service.ask_to_end()
        service.wait()
    return Ended(code=code, printed=service.output(), log_tail=service.log_tail())


def environment(data_dir: Path, *, port: int, mappings: Path) -> dict[str, str]:
    """Return the environment of the demo's bridge: nothing of an installation beside it.

    A `DATABASE_URL` or a `BRIDGE_…` variable of the caller would point it at real data. Proxies are
    kept away from the loopback addresses.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT
        or not (name.startswith("BRIDGE_") or name in {"DATABASE_URL", "BROKER_URL"})
    }
    return inherited | {
        "BRIDGE_DATA_DIR": str(data_dir),
        "BRIDGE_LISTEN": f"127.0.0.1:{port}",
        "BRIDGE_MAPPINGS": str(mappings),
        "BRIDGE_CLOCK": "movable",
        "BRIDGE_DELETES_EVERY_S": "3",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def mappings_folder() -> Path:
    """Return the folder of mapping files that the demo's bridge uses.

    `BRIDGE_MAPPINGS`, or `mappings` here, or the default mappings of the installed packages.

    Raises:
        DemoError: If none of them is a folder.
    """
    packages = Path(__file__).parents[2]
    places = [
        Path(os.environ.get("BRIDGE_MAPPINGS") or "mappings"),
        packages / "mappings",
        packages / "bridge" / "default_mappings",
    ]
    for place in places:
        if place.is_dir():
            return place.resolve()
    message = f"no folder of mapping files: looked at {', '.join(map(str, places))}"
    raise DemoError(message)


def wanted_port() -> int:
    """Return the port of `BRIDGE_LISTEN`, or 8080; 0 is any free one."""
    _, _, port = os.environ.get("BRIDGE_LISTEN", "").rpartition(":")
    return int(port) if port.isdecimal() else 8080


def free_port(wanted: int) -> int:
    """Return the wanted loopback port, or another one that is free if it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            bound: int = probe.getsockname()[1]
            return bound
    message = "no free port on 127.0.0.1"
    raise DemoError(message)
