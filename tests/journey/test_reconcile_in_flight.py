"""A process that reads, plans or carries out dies at any moment, and the next one goes on."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest
from cryptography.fernet import Fernet

from reconciler.runs.context import Watcher
from tests.journey.dying import (
    DyingReader,
    MortalDatabase,
    ask,
    die_before_each_page_is_kept,
    ended_well,
    make_pages_small,
    run_mortally,
    written,
)
from tests.journey.firm import LIST
from tests.journey.reconciling import planned, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from bridge.runs.model import Job
    from tests.journey.firm import Firm

PEOPLE = [f"person{number}@example.org" for number in range(14)]
SEEDS = 5
FEWEST_DEATHS = 10  # of each seed: fifty points of each job's apply
LONGEST_LIFE: dict[Job, int] = {"lists": 20, "contacts": 40}  # transactions of apply
KILLS = 20  # a thousand at a scale of 50
LONGEST_KILLED_S = 0.6
DEADLINE_S = 30.0
ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from reconciler.reconcile_cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """The key of the bridge under test, for a process of its own; ask for it before the bridge."""
    made = Fernet.generate_key()
    monkeypatch.setattr(Fernet, "generate_key", lambda: made)
    return made.decode()


@pytest.fixture
def cut_off(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> Firm:
    """A firm with something of every kind to do, of which its bridge has heard nothing."""
    make_pages_small(monkeypatch)
    monkeypatch.setattr("reconciler.carrier.most_at_once", lambda _pace: 2)
    lists = [firm.new_list(f"Letter {number}") for number in range(4)]
    people = [firm.member(email, lists[0], LastName="Moran") for email in PEOPLE[:8]]
    firm.settle()
    firm.sandbox.control("PUT", "/faults", [{"side": "outbound", "kind": "drop", "times": None}])
    firm.save(LIST, lists[0], Name="Renamed")
    lists += [firm.new_list(f"Invitations {number}") for number in range(4)]
    for person in people[:3]:
        firm.change(person, LastName="Hill")
    firm.join(people[0], lists[5])
    firm.tick(people[3])
    firm.change(people[4], Email="moved@example.org")
    firm.delete("Contact", people[5])
    contact = firm.there(PEOPLE[6])
    firm.remove(f"/contacts/{contact['contact_id']}")
    for email in PEOPLE[8:]:
        firm.member(email, lists[4])
    return firm


def foreseen(firm: Firm, job: Job) -> tuple[Counter[str], Counter[tuple[str, str, str]]]:
    """Return how many steps each subject has, and what was written so far."""
    return Counter(step.subject_key for step in planned(firm, job)), written(firm)


def effects_by_subject(firm: Firm, job: Job, before: Counter[tuple[str, str, str]]) -> Counter[str]:
    """Return how often each subject was written since, as the sandbox counts."""
    found: Counter[str] = Counter()
    wanted = "contact_list" if job == "lists" else "contact"
    names = {
        row["cc_id"]: row["sf_id"]
        for row in firm.bridge.rows("SELECT cc_id::text, sf_id FROM link WHERE kind = 'list'")
    }
    for (kind, record_id, _), count in (written(firm) - before).items():
        assert kind == wanted
        if job == "lists":
            found[names[record_id]] += count
        else:
            found[firm.by_id(record_id)["email_address"]["address"]] += count
    return found


@pytest.mark.parametrize("job", ["lists", "contacts"])
@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_run_that_dies_again_and_again_has_each_effect_once(
    cut_off: Firm, job: Job, seed: int
) -> None:
    if job == "contacts":
        run(cut_off, "lists")
    steps, before = foreseen(cut_off, job)
    chance = Random(f"{job} {seed}")  # noqa: S311 -- a failing seed is played again

    def process() -> tuple[MortalDatabase, MortalDatabase]:
        mortal = MortalDatabase(cut_off.bridge.database, chance, LONGEST_LIFE[job])
        return mortal, mortal

    died = run_mortally(cut_off, job, process)
    assert died >= FEWEST_DEATHS, died
    assert effects_by_subject(cut_off, job, before) == steps
    assert planned(cut_off, job) == []


@pytest.mark.parametrize("job", ["lists", "contacts"])
def test_a_process_that_dies_before_a_page_is_kept_reads_it_again(
    cut_off: Firm, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(cut_off, "lists")
    steps, before = foreseen(cut_off, job)
    deaths = die_before_each_page_is_kept(monkeypatch)
    died = run_mortally(cut_off, job, lambda: (cut_off.bridge.database, Watcher()))
    assert died == len(deaths) > 4
    assert effects_by_subject(cut_off, job, before) == steps


@pytest.mark.parametrize("job", ["lists", "contacts"])
def test_a_process_that_dies_after_each_page_reads_no_page_twice(cut_off: Firm, job: Job) -> None:
    run(cut_off, "lists")
    before = reads(cut_off)
    planned(cut_off, job)
    whole = reads(cut_off) - before
    before = reads(cut_off)
    run_mortally(cut_off, job, lambda: (cut_off.bridge.database, DyingReader()))
    for page, count in (reads(cut_off) - before).items():
        assert count <= whole[page], page


@pytest.mark.timeout(600)
def test_a_command_that_is_killed_while_it_applies_has_each_effect_once(
    key: str, cut_off: Firm, scaled: Callable[[int], int], tmp_path: Path
) -> None:
    run(cut_off, "lists")
    faults = [
        {"side": "outbound", "kind": "drop", "times": None},
        {"side": "constant_contact", "kind": "latency", "times": None, "latency_s": 0.03},
    ]
    cut_off.sandbox.control("PUT", "/faults", faults)
    chance = Random(0)  # noqa: S311 -- repeatable
    left = scaled(KILLS)
    for name in (
        itertools.count()
    ):  # a run that ends before it was killed often enough is followed by another
        steps, before = foreseen(cut_off, "contacts")
        run_id = ask(cut_off, "contacts")
        left = kill_and_kill(cut_off, run_id, left, chance, lambda: started(cut_off, tmp_path, key))
        ended_well(cut_off, run_id)
        assert effects_by_subject(cut_off, "contacts", before) == steps
        if left == 0:
            return
        for row in cut_off.bridge.rows(
            "SELECT sf_id FROM practifi_record "
            "WHERE kind = 'contact' AND deleted_at IS NULL AND email_key LIKE 'person%%'"
        ):
            cut_off.change(row["sf_id"], LastName=f"Name {name}")


def kill_and_kill(
    firm: Firm,
    run_id: int,
    left: int,
    chance: Random,
    start: Callable[[], AbstractContextManager[subprocess.Popen[str]]],
) -> int:
    """Kill the process of a run while it applies, again and again; return how often is left."""
    while True:
        with start() as process:
            wait_until(firm, run_id, {"applying", "done"})
            if left:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(chance.uniform(0, LONGEST_KILLED_S))
            else:
                process.wait(DEADLINE_S)
            if process.poll() is not None:
                assert process.returncode == 0, process.communicate()
                return left
            os.kill(process.pid, signal.SIGKILL)
            process.wait(DEADLINE_S)
            left -= 1
        firm.sandbox.advance(firm.bridge.installation.settings.lease_s + 1)


def wait_until(firm: Firm, run_id: int, states: set[str]) -> None:
    """Return once a run is in one of these states, and somebody has it unless it is done."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        (row,) = firm.bridge.rows(
            "SELECT state, lease_until > app_now() AS is_held FROM run WHERE id = %(run_id)s",
            run_id=run_id,
        )
        if row["state"] in states and (row["is_held"] or row["state"] == "done"):
            return
        time.sleep(0.02)
    raise AssertionError("the run does not get on")


@contextmanager
def started(firm: Firm, folder: Path, key: str) -> Iterator[subprocess.Popen[str]]:
    """Run `bridge reconcile contacts` in a process of its own, which is gone afterwards."""
    settings = firm.bridge.installation.settings
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": settings.database_url or "",
        "BRIDGE_KEYS": key,
        "BRIDGE_CLOCK": settings.clock,
    }
    process = subprocess.Popen(  # noqa: S603 -- our own module
        [sys.executable, "-c", PROGRAM, "contacts"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def reads(firm: Firm) -> Counter[tuple[str, str]]:
    """Return how often each page of the account was asked for."""
    return Counter(
        (call["path"], call["query"])
        for call in firm.sandbox.calls("constant_contact")
        if call["owner"] == "bridge" and call["method"] == "GET" and "limit=3" in call["query"]
    )
