"""Whatever was done on both sides while the bridge heard nothing, a run sets right.

A seed is two hundred random things that people do in Practifi, in Constant Contact and as clients,
under policies that take turns.
Then the runs go, while calls to either service fail, answers are lost and processes die. After
them, a plan has no step, and nobody who opted out can be mailed. A failing seed is played again by
the command in its message; `make seeds` plays a thousand.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

from bridge.runs.store import load_run
from reconciler import carrier
from reconciler.runs import context, store
from reconciler.runs.execute import execute
from tests.journey.both_sides import DEAF, BothSides, draw
from tests.journey.dying import LEASE_S, Killed, MortalDatabase, ask
from tests.journey.reconciling import decide_on, kinds, planned

if TYPE_CHECKING:
    import pytest

    from bridge.runs.model import Job, RunRecord
    from tests.journey.firm import Firm

SEEDS = 4
POLICIES = (
    (),
    ("foreign_memberships=remove", "shared_name=household"),
    ("foreign_memberships=adopt", "on_last_list_removed=delete"),
    ("foreign_memberships=remove", "on_last_list_removed=delete", "owner=oldest"),
)
OPERATIONS = 200
REPLAY = "BRIDGE_TEST_SEED={seed} pytest -n0 tests/journey/test_reconcile_seeds.py"
PATHS = {"constant_contact": "/v3/", "salesforce": "/services/data"}
KINDS = ("error_500", "unavailable", "html", "drop_before", "drop_after", "half_body")
FAULTS = 6  # of each service, in the next calls to it
LONGEST_LIFE = 60  # transactions of an apply
NIGHTS = 12


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a seed: `BRIDGE_TEST_SEED` names one, `BRIDGE_TEST_SCALE` multiplies them."""
    if "seed" in metafunc.fixturenames:
        named = os.environ.get("BRIDGE_TEST_SEED")
        scale = float(os.environ.get("BRIDGE_TEST_SCALE", "1"))
        seeds = range(max(1, round(SEEDS * scale))) if named is None else [int(named)]
        metafunc.parametrize("seed", seeds)


def test_after_anything_on_both_sides_one_round_of_runs_leaves_nothing_to_do(
    firm: Firm, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (context, carrier):  # a call that fails is tried as often, and sooner
        monkeypatch.setattr(module, "_WAITS_S", (0.01,) * len(module._WAITS_S))
    both = BothSides(firm)
    chance = Random(f"faults {seed}")  # noqa: S311 -- a failing seed is played again
    try:
        both.begin()
        decide_on(firm, *POLICIES[seed % len(POLICIES)])
        both.play(draw(seed, OPERATIONS))
        for job in ("lists", "contacts"):
            see_through(firm, job, chance, both.told)
        firm.sandbox.faults(*DEAF)
        assert kinds(planned(firm, "lists")) == []
        assert kinds(planned(firm, "contacts")) == []
        assert both.wrongly_mailable() == []
    except BaseException as error:
        error.add_note("\n".join(both.told))
        error.add_note(REPLAY.format(seed=seed))
        raise


def see_through(firm: Firm, job: Job, chance: Random, told: list[str]) -> None:
    """Run a job, night by night, until it was done once, whatever fails meanwhile."""
    for _ in range(NIGHTS):
        record = a_night(firm, ask(firm, job), chance)
        told.append(f"the run of {job} is {record.state}: {record.reason}")
        if record.state == "done":
            return
    raise AssertionError("the run does not come to its end")


def a_night(firm: Firm, run_id: int, chance: Random) -> RunRecord:
    """Carry a run on by one process after the other until it has ended."""
    bridge = firm.bridge
    while True:
        firm.sandbox.faults(*DEAF, *troubles(chance))
        with bridge.database.transaction() as tx:
            lease = store.claim(tx, bridge.connection_id, run_id, LEASE_S)
        mortal = MortalDatabase(bridge.database, chance, LONGEST_LIFE)
        installation: Any = replace(bridge.installation, database=mortal)  # type: ignore[arg-type]
        if lease is not None:
            with suppress(Killed):
                execute(installation, lease, watcher=mortal)
        with bridge.database.transaction() as tx:
            record = load_run(tx, bridge.connection_id, run_id)
        if not record.is_open:
            return record
        bridge.sandbox.advance(LEASE_S + 1)


def troubles(chance: Random) -> list[dict[str, object]]:
    """Draw what goes wrong with some of the next calls."""
    return [
        {
            "side": side,
            "path": path,
            "kind": chance.choice(KINDS),
            "skip": chance.randrange(60),
            "times": chance.randint(1, 2),
        }
        for side, path in PATHS.items()
        for _ in range(FAULTS)
    ]
