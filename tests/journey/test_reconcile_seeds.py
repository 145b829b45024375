"""Whatever was done on both sides while the bridge heard nothing, a run sets right.

A seed is a hundred random things that people do in Practifi, in Constant Contact and as clients.
After one round of runs, a plan has no step, and nobody who opted out can be mailed. A failing seed
is played again by the command in its message.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.journey.both_sides import BothSides, draw
from tests.journey.reconciling import kinds, planned, reconcile

if TYPE_CHECKING:
    import pytest

    from tests.journey.firm import Firm

SEEDS = 8
OPERATIONS = 100
REPLAY = "BRIDGE_TEST_SEED={seed} pytest -n0 tests/journey/test_reconcile_seeds.py"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a seed: `BRIDGE_TEST_SEED` names one, `BRIDGE_TEST_SCALE` multiplies them."""
    if "seed" in metafunc.fixturenames:
        named = os.environ.get("BRIDGE_TEST_SEED")
        scale = float(os.environ.get("BRIDGE_TEST_SCALE", "1"))
        seeds = range(max(1, round(SEEDS * scale))) if named is None else [int(named)]
        metafunc.parametrize("seed", seeds)


def test_after_anything_on_both_sides_one_round_of_runs_leaves_nothing_to_do(
    firm: Firm, seed: int
) -> None:
    both = BothSides(firm)
    try:
        both.begin()
        both.play(draw(seed, OPERATIONS))
        reconcile(firm)
        assert kinds(planned(firm, "lists")) == []
        assert kinds(planned(firm, "contacts")) == []
        assert both.wrongly_mailable() == []
    except BaseException as error:
        error.add_note("\n".join(both.told))
        error.add_note(REPLAY.format(seed=seed))
        raise
