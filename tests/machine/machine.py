"""Everything that can happen to a firm, in any order: the rules of a Hypothesis state machine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.machine.acts import (
    ADDRESSES,
    CALLS,
    JOBS,
    KINDS,
    LISTS,
    MISHAPS,
    NOWHERE,
    PEOPLE,
    WAITS_S,
    Act,
    Play,
    read_acts,
    write_acts,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.machine.world import World

REPLAY = 'BRIDGE_TEST_ACTS="{acts}" pytest -n0 tests/machine/test_machine.py'
BEGINNING = "new_list 0; new_list 1; enter 0 0; enter 1 1; join 0 0; join 1 0; join 1 1; settle"
"""Two people on lists, so that an example is about what befalls them."""

RULES: dict[str, tuple[int, ...]] = {
    "enter": (PEOPLE, NOWHERE + 1),
    "save": (PEOPLE,),
    "tick": (PEOPLE,),
    "untick": (PEOPLE,),
    "tick_by_bridge": (PEOPLE,),
    "untick_by_bridge": (PEOPLE,),
    "move": (PEOPLE, NOWHERE + 1),
    "swap": (PEOPLE, PEOPLE),
    "delete": (PEOPLE,),
    "merge": (PEOPLE, PEOPLE),
    "join": (PEOPLE, LISTS),
    "quit": (PEOPLE, LISTS),
    "new_list": (LISTS,),
    "rename_list": (LISTS,),
    "delete_list": (LISTS,),
    "unsubscribe": (ADDRESSES,),
    "unsubscribe_as_firm": (ADDRESSES,),
    "leave": (ADDRESSES, LISTS),
    "edit_there": (ADDRESSES,),
    "add_there": (ADDRESSES, LISTS),
    "take_off_there": (ADDRESSES, LISTS),
    "create_there": (ADDRESSES, LISTS),
    "delete_there": (ADDRESSES,),
    "rename_list_there": (LISTS,),
    "delete_list_there": (LISTS,),
    "wait": (len(WAITS_S),),
    "fault": (len(CALLS), len(KINDS), 4, 3),
    "mishap": (len(MISHAPS), 3),
    "triage": (),
    "deliver": (),
    "settle": (),
    "poll": (),
    "die": (100,),
    "reconcile": (len(JOBS),),
    "rest": (),
}
"""What can happen, and how many values each of its numbers has, from 0."""


def play(world: World, acts: Iterable[Act]) -> None:
    """Play acts from the start to the end; whatever fails says how to play them again."""
    history = Play(world.begin())
    with_replay(history, lambda: _play_all(history, acts))


def with_replay(history: Play, step: Callable[[], None]) -> None:
    """Do a step; a failure says how to play the whole history again."""
    try:
        step()
    except Exception as error:
        error.add_note(REPLAY.format(acts=write_acts(history.done)))
        raise


def _play_all(history: Play, acts: Iterable[Act]) -> None:
    for act in acts:
        history.play(act)
    history.end()


def machine(world: World) -> type[RuleBasedStateMachine]:
    """Return the state machine of a world."""

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.history = Play(world.begin())
            with_replay(self.history, self._begin)

        def _begin(self) -> None:
            for act in read_acts(BEGINNING):
                self.history.play(act)

        def teardown(self) -> None:
            if sys.exc_info()[1] is None:  # what failed has failed; what was cut off proves nothing
                with_replay(self.history, self.history.end)

    for name, counts in RULES.items():
        setattr(Machine, name, _rule(name, counts))
    return Machine


def _rule(name: str, counts: tuple[int, ...]) -> Any:
    def happens(self: Any, numbers: tuple[int, ...]) -> None:
        with_replay(self.history, lambda: self.history.play(Act(name, numbers)))

    happens.__name__ = name
    return rule(numbers=st.tuples(*(st.integers(0, count - 1) for count in counts)))(happens)
