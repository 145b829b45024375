"""Ends processes of an installation: kills them, or asks them to end as a deployment does."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

from tests.faults.installation import WORKERS, Installation, is_gone, until
from tests.faults.ordeal import RECOVERY_S

if TYPE_CHECKING:
    import random

STOP_S = 15.0


@dataclass
class Kills:
    """The processes of one kind, and how to kill them."""

    installation: Installation
    random: random.Random
    done: Counter[str] = field(default_factory=Counter)

    def server(self) -> None:
        """The server; now and then the whole group's parent, and with it the server."""
        self._kill({"parent"} if self.random.random() < 0.15 else {"serve"})

    def worker(self) -> None:
        """One or several workers, now and then all of them with the group's parent."""
        if self.random.random() < 0.1:
            self._kill({"parent"})
        else:
            self._kill(set(self.random.sample(WORKERS, self.random.randint(1, len(WORKERS)))))

    def postgresql(self) -> None:
        """Mostly the first process of the server; else one session, or the keeper as well."""
        server = self._server()
        what = self.random.choices(("postmaster", "session", "keeper and postmaster"), (7, 2, 1))[0]
        sessions = [each for each in server.children() if _is_session(each)]
        if what == "session" and sessions:
            victims = [self.random.choice(sessions)]
        elif what.startswith("keeper"):
            victims = [server.parent(), server]
        else:
            victims = [server]
        for victim in victims:
            _kill(victim)
        self.done[what] += 1

    def terminate(self) -> None:
        """Ask to end, as a deployment does: the server, some workers, or all at once."""
        asked = self.random.choice(("serve", "serve", "worker", "worker", "up"))
        if asked == "up":
            self.installation.restart()
        else:
            roles = {asked} if asked == "serve" else set(self.random.sample(WORKERS, 2))
            running = self.installation.roles()
            ending = [running[role] for role in roles & running.keys()]
            for process in ending:
                process.terminate()
            until(lambda: all(map(is_gone, ending)), f"{roles} have ended", within_s=STOP_S)
        self.done[asked] += 1

    def _server(self) -> psutil.Process:
        deadline = time.monotonic() + RECOVERY_S
        while (server := self.installation.postmaster()) is None:
            assert time.monotonic() < deadline, "PostgreSQL does not run"
            time.sleep(0.01)
        return server

    def _kill(self, roles: set[str]) -> None:
        if roles == {"parent"}:
            _kill(self.installation.up)
            until(
                lambda: self.installation.exit_code() is not None,
                "the killed parent is gone",
                within_s=STOP_S,
            )
        else:
            running = self.installation.roles()
            for role in roles & running.keys():
                _kill(running[role])
        self.done.update(roles)


def _is_session(process: psutil.Process) -> bool:
    """Tell a session of the bridge from the server's own processes, by its title."""
    try:
        return " bridge bridge " in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return
