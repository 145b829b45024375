"""An opt-out against a list-add, in every order: two people, one address, two lists.

All that happens, happens before the bridge hears of anything; then messages alone, in the order of
their saves, another one, or twice, have to bring about what the rules want.
"""

from __future__ import annotations

from itertools import islice, permutations
from typing import TYPE_CHECKING

from tests.machine.acts import read_acts, write_acts
from tests.machine.play import begin, with_replay

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.machine.world import World

LONGEST = 4
OPT_OUTS = read_acts("tick 0; tick 1; unsubscribe 0")
ADDS = read_acts("join 0 1; join 1 0")
OTHERS = read_acts("untick 0")
BEFORE = read_acts("new_list 0; new_list 1; enter 0 0; enter 1 0; join 0 0; settle")
ORDERS = ("", "mishap 2 3", "mishap 1 3")
FRAMES = 40


def frames() -> list[str]:
    """Return every order of up to four acts with an opt-out and an add among them."""
    return [
        write_acts(acts)
        for count in range(2, LONGEST + 1)
        for acts in permutations([*OPT_OUTS, *ADDS, *OTHERS], count)
        if not {*acts}.isdisjoint(OPT_OUTS) and not {*acts}.isdisjoint(ADDS)
    ]


def test_an_opt_out_wins_against_list_adds_in_every_order(
    world: World, scaled: Callable[[int], int]
) -> None:
    every = frames()
    step = max(1, len(every) // scaled(FRAMES))
    for number, frame in enumerate(islice(every, None, None, step)):
        history = begin(world.begin())
        history.play([*BEFORE, *read_acts(ORDERS[number % len(ORDERS)]), *read_acts(frame)])
        history.stage.firm.settle()
        with_replay(history, history.compare)
