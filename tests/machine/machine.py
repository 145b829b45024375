"""Everything that can happen to a firm, in any order: the rules of a Hypothesis state machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.machine.acts import RULES, Act, read_acts
from tests.machine.play import begin

if TYPE_CHECKING:
    from tests.machine.world import World

BEGINNING = "new_list 0; new_list 1; enter 0 0; enter 1 1; join 0 0; join 1 0; join 1 1; settle"
"""Two people on lists, so that an example is about what befalls them."""


def machine(world: World) -> type[RuleBasedStateMachine]:
    """Return the state machine of a world."""

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.history = begin(world.begin())
            self.history.play(read_acts(BEGINNING))

        def teardown(self) -> None:
            if sys.exc_info()[1] is None:  # what failed has failed; what was cut off proves nothing
                self.history.end()

    for name, counts in RULES.items():
        setattr(Machine, name, _rule(name, counts))
    return Machine


def _rule(name: str, counts: tuple[int, ...]) -> Any:
    def happens(self: Any, numbers: tuple[int, ...]) -> None:
        self.history.play([Act(name, numbers)])

    happens.__name__ = name
    return rule(numbers=st.tuples(*(st.integers(0, count - 1) for count in counts)))(happens)
