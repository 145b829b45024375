"""Whatever happens to a firm, in any order: nobody is mailed who opted out, and both sides agree.

An example is some thirty acts of people on both sides, of time, of networks and of workers that
die. `BRIDGE_TEST_SCALE=20` plays 2,000 examples; a failing one prints the command that plays it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.acts import read_acts
from tests.machine.machine import machine
from tests.machine.play import begin

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.machine.world import World

EXAMPLES = 100
ACTS = 30


@pytest.mark.timeout(0)
def test_whatever_happens_both_sides_agree_with_the_rules(
    world: World, scaled: Callable[[int], int]
) -> None:
    named = os.environ.get("BRIDGE_TEST_ACTS")
    if named is not None:
        history = begin(world.begin())
        history.play(read_acts(named))
        history.end()
        return
    run_state_machine_as_test(
        machine(world),
        settings=settings(
            max_examples=scaled(EXAMPLES),
            stateful_step_count=ACTS,
            phases=[Phase.reuse, Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )
