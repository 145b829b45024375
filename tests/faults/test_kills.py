"""kill -9 at random moments under load: what was acknowledged is kept, and the end is right."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psutil  # type: ignore[import-untyped]
import pytest

from tests.faults.demand import Differences, compare
from tests.faults.installation import (
    DELETES_EVERY_S,
    LEASE_S,
    SWEEP_S,
    Installation,
    running_installation,
    until,
)
from tests.faults.load import Firm, running
from tests.faults.messages import Messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pathlib import Path

    from tests.fix_faults import Tally

pytestmark = pytest.mark.timeout(3600)  # every wait below has a deadline of its own

POINTS = 4
WORKERS = ("triage-consent", "deliver-consent", "triage", "work")
RECOVERY_S = 60.0
SETTLE_S = 60.0
SLACK_S = 3.0

# Calls take as long as they do over a network, so that a kill finds some of them under way.
LATENCY = [
    {"side": side, "kind": "latency", "latency_s": 0.1, "share": 0.5}
    for side in ("constant_contact", "salesforce")
]

HELD = """
SELECT kind, key, lease_token::text AS token
FROM work
WHERE done < wanted AND lease_token IS NOT NULL
"""
OPEN = """
SELECT notification_id, object, record_id, state, reason
FROM notification
WHERE finished_at IS NULL
"""
KNOWN = "SELECT notification_id FROM notification WHERE origin = 'message'"


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
        server = None
        while server is None:
            server = self.installation.postmaster()
        what = self.random.choices(("postmaster", "session", "keeper and postmaster"), (7, 2, 1))[0]
        sessions = [each for each in server.children() if "bridge" in " ".join(each.cmdline())]
        if what == "session" and sessions:
            victims = [self.random.choice(sessions)]
        elif what.startswith("keeper"):
            victims = [server.parent(), server]
        else:
            victims = [server]
        for victim in victims:
            _kill(victim)
        self.done[what] += 1

    def _kill(self, roles: set[str]) -> None:
        if roles == {"parent"}:
            _kill(self.installation.up)
            self.installation.exit_code()
        else:
            running = self.installation.roles()
            for role in roles & running.keys():
                _kill(running[role])
        self.done.update(roles)


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


@dataclass
class Ordeal:
    """An installation under load, and what has to be true of it after every kill."""

    installation: Installation
    firm: Firm
    messages: Messages
    stuck: list[str] = field(default_factory=list)

    def recover(self, killed_at: float) -> float:
        """Wait until a notification that comes now reaches its end; return the seconds.

        Whoever held a lease at the kill has to have lost it by its end.
        """
        held = self.installation.rows(HELD)
        until(self.installation.is_ready, "ready again", within_s=RECOVERY_S)
        probe = self.messages.probe()
        until(lambda: self._has_ended(probe), "a new notification ends", within_s=RECOVERY_S)
        took_s = time.monotonic() - killed_at
        ends_at = max(killed_at + LEASE_S, time.monotonic()) + SWEEP_S + SLACK_S
        leases = {(row["kind"], row["key"], row["token"]) for row in held}
        while leases:
            leases &= {
                (row["kind"], row["key"], row["token"]) for row in self.installation.rows(HELD)
            }
            if leases and time.monotonic() > ends_at:
                self.stuck += [f"{kind} {key}" for kind, key, _ in leases]
                break
            time.sleep(0.05)
        return took_s

    def lost(self) -> set[str]:
        """Return what was acknowledged and is not in the inbox."""
        acknowledged = set(self.messages.acknowledged) | {
            row["notification_id"]
            for row in self.firm.sandbox.control("GET", "/salesforce/deliveries/ended")
            if row["state"] == "delivered"
        }
        return acknowledged - {row["notification_id"] for row in self.installation.rows(KNOWN)}

    def settle(self) -> Differences:
        """Wait until everything has come to rest as Practifi demands; return what has not."""
        deadline = time.monotonic() + SETTLE_S
        found = self._differences()
        while found.wrong and time.monotonic() < deadline:
            time.sleep(0.5)
            found = self._differences()
        if not found.wrong:  # and it stays so
            time.sleep(DELETES_EVERY_S + SWEEP_S)
            found = self._differences()
        return found

    def _differences(self) -> Differences:
        waiting = [
            f"notification {row['notification_id']} of {row['object']} {row['record_id']} "
            f"is {row['state']}: {row['reason']}"
            for row in self.installation.rows(OPEN)
        ]
        queued = self.firm.sandbox.control("GET", "/salesforce/deliveries")
        found = compare(
            self.firm.practifi(),
            self.firm.there(),
            left_by_themselves=frozenset(self.firm.left_by_themselves),
        )
        found.wrong += waiting + [f"not delivered: {row}" for row in queued]
        return found

    def _has_ended(self, notification_id: str) -> bool:
        self.installation.ensure_up()
        rows = self.installation.rows(
            "SELECT finished_at FROM notification WHERE notification_id = %(id)s",
            id=notification_id,
        )
        return bool(rows) and rows[0]["finished_at"] is not None


@pytest.fixture
def seed() -> Iterator[int]:
    """The seed of the plan; a failing test shows it."""
    yield int(os.environ.get("BRIDGE_TEST_SEED", "1"))


@pytest.mark.parametrize("target", ["server", "worker", "postgresql"])
def test_what_was_acknowledged_survives_kills_and_ends_right(
    target: str, seed: int, scaled: Callable[[int], int], tally: Tally, tmp_path: Path
) -> None:
    points = scaled(POINTS)
    plan = random.Random(f"{seed} {target}")
    print(f"{points} kills of the {target}; again: BRIDGE_TEST_SEED={seed}")
    with running_installation(tmp_path / "up.log") as installation:
        installation.sandbox.faults(*LATENCY)
        firm = Firm(installation.sandbox, random.Random(plan.random()))
        messages = Messages(
            endpoint=installation.endpoint,
            organization_id=installation.sandbox.line["organization_id"],
            firm=firm,
            random=random.Random(plan.random()),
        )
        ordeal = Ordeal(installation, firm, messages)
        kills = Kills(installation, random.Random(plan.random()))
        kill: Callable[[], None] = getattr(kills, target)
        firm.open()
        recoveries: list[float] = []
        lost: set[str] = set()
        with ExitStack() as people:
            people.enter_context(running(firm.act, random.Random(plan.random()), pause_s=0.08))
            people.enter_context(
                running(messages.post_one, random.Random(plan.random()), pause_s=0.1)
            )
            for point in range(points):
                time.sleep(plan.uniform(0, 1.5))
                killed_at = time.monotonic()
                kill()
                recoveries.append(ordeal.recover(killed_at))
                lost |= ordeal.lost()
                print(f"kill {point + 1}: {recoveries[-1]:.1f} s to recover, {len(lost)} lost")
        found = ordeal.settle()
        lost |= ordeal.lost()
        accepted = installation.rows("SELECT count(*) AS n FROM notification")[0]["n"]
        tally(
            target=target,
            kills=points,
            survived=len(recoveries),
            accepted=accepted,
            acts=firm.done.total(),
            lost=len(lost),
            stuck=len(ordeal.stuck),
            doubled=len(found.doubled),
            wrong=len(found.wrong),
            slowest_s=max(recoveries),
        )
        print(f"kills: {dict(kills.done)}; acts: {dict(firm.done)}")
        assert not lost
        assert not ordeal.stuck
        assert not found.wrong, "\n".join([*found.wrong, installation.log_tail()])
