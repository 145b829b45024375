"""kill -9 at random moments under load: what was acknowledged is kept, and the end is right."""

from __future__ import annotations

import logging
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]
import pytest

from tests.faults.demand import Differences
from tests.faults.installation import WORKERS, Installation, is_gone, until
from tests.faults.ordeal import RECOVERY_S, another, load, ordeal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.fix_faults import Tally

log = logging.getLogger(__name__)

pytestmark = pytest.mark.timeout(3600)  # every wait below has a deadline of its own

POINTS = 3
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

    def _server(self) -> psutil.Process:
        deadline = time.monotonic() + RECOVERY_S
        while (server := self.installation.postmaster()) is None:
            assert time.monotonic() < deadline, "PostgreSQL does not run"
            time.sleep(0.01)
        return server

    def _kill(self, roles: set[str]) -> None:
        if roles == {"parent"}:
            _kill(self.installation.up)
            self.installation.exit_code()
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


@pytest.fixture
def plan(request: pytest.FixtureRequest) -> random.Random:
    """The draws of one test; a failing one shows how to repeat them."""
    seed = os.environ.get("BRIDGE_TEST_SEED", "1")
    print(f"to repeat the plan: BRIDGE_TEST_SEED={seed}")  # noqa: T201 - shown with a failure
    return random.Random(f"{seed} {request.node.name}")  # noqa: S311 - can be repeated


@pytest.mark.parametrize("target", ["server", "worker", "postgresql"])
def test_what_was_acknowledged_survives_kills_and_ends_right(
    target: str, plan: random.Random, scaled: Callable[[int], int], tally: Tally, tmp_path: Path
) -> None:
    points = scaled(POINTS)
    with ordeal(plan, tmp_path / "up.log") as under_test:
        kills = Kills(under_test.installation, another(plan))
        kill: Callable[[], None] = getattr(kills, target)
        recoveries: list[float] = []
        lost: set[str] = set()
        found = Differences()
        try:
            with load(under_test, plan):
                for _ in range(points):
                    time.sleep(plan.uniform(0, 1.5))
                    killed_at = time.monotonic()
                    kill()
                    recoveries.append(under_test.recover(killed_at))
                    log.warning("kill %d: %.1f s to recover", len(recoveries), recoveries[-1])
                    lost |= under_test.lost()
            found = under_test.settle()
            lost |= under_test.lost()
            for line in under_test.story(found):
                log.warning(line)
        finally:
            log.warning("kills: %s; acts: %s", dict(kills.done), dict(under_test.firm.done))
            tally(
                target=target,
                tried=points,
                survived=len(recoveries),
                accepted=len(under_test.accepted()),
                acts=under_test.firm.done.total(),
                lost=len(lost),
                stuck=len(under_test.stuck),
                doubled=len(found.doubled),
                wrong=len(found.wrong),
                slowest_s=max(recoveries, default=0.0),
            )
        assert (lost, under_test.stuck, found.wrong) == (set(), [], [])


def test_a_stop_under_load_leaves_no_process_and_loses_nothing(
    plan: random.Random, tmp_path: Path
) -> None:
    with ordeal(plan, tmp_path / "up.log") as under_test:
        installation = under_test.installation
        with load(under_test, plan):
            time.sleep(plan.uniform(1, 3))
            running = installation.processes()
            installation.up.terminate()
            until(lambda: all(map(is_gone, running)), "all have ended", within_s=STOP_S)
            code = until_exit(installation)
        assert code == 0
        installation.start()
        until(installation.is_ready, "ready again", within_s=RECOVERY_S)
        assert not under_test.lost()
        assert not under_test.settle().wrong


def until_exit(installation: Installation) -> int | None:
    until(lambda: installation.exit_code() is not None, "`bridge up` has ended", within_s=STOP_S)
    return installation.exit_code()
