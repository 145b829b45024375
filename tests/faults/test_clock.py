"""The clock of the bridge's database jumps; that of the services does not.

What a lease holds is free again, no call is made twice, and no day is spent twice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.clock import advance
from reconciler.set_back import ClockWatch
from tests.faults.demand import compare
from tests.faults.reading import read_practifi, read_there
from tests.journey.dying import Killed, MortalDatabase

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.fix_faults import Tally
    from tests.journey.firm import Firm

HOUR_S = 3600.0
JUMPS = {"clock an hour ahead": HOUR_S, "clock an hour back": -HOUR_S}
POINTS = 3
LONGEST_LIFE = 14  # transactions of a worker that dies
LONGEST_WAIT_S = 300.0  # for a lease, or a back-off of a few attempts
A_DAY = 24


@pytest.mark.parametrize("fault", JUMPS)
def test_what_a_dead_worker_held_is_taken_up_whichever_way_the_clock_jumps(
    fault: str, firm: Firm, plan: random.Random, scaled: Callable[[int], int], tally: Tally
) -> None:
    letter = firm.new_list()
    firm.settle()
    clock, waits = ClockWatch(firm.bridge.database), list[float]()
    for number in range(scaled(POINTS)):
        people = [firm.member(f"p{number}-{each}@example.org", letter) for each in range(3)]
        firm.bridge.receive()
        firm.bridge.triage()
        die_at_work(firm, plan)
        jump(firm, clock, JUMPS[fault])
        began = seconds(firm)
        firm.change(people[0], FirstName="Ada")
        firm.tick(people[1])
        firm.settle()
        waits.append(seconds(firm) - began)
    there = read_there(firm.sandbox)
    found = compare(read_practifi(firm.sandbox), there)
    created = [path for method, path in firm.writes() if (method, path) == ("POST", "/v3/contacts")]
    tally(
        fault,
        tried=len(waits),
        survived=sum(wait_s <= LONGEST_WAIT_S for wait_s in waits),
        stuck=len(firm.bridge.waiting()),
        doubled=len(found.doubled) + len(created) - len(there.contacts),
        wrong=len(found.wrong),
        slowest_s=max(waits),
    )
    assert found.wrong == []
    assert len(created) == len(there.contacts)
    assert max(waits) <= LONGEST_WAIT_S


def test_no_day_is_spent_twice_where_the_clock_is_set_back_over_midnight(
    firm: Firm, tally: Tally
) -> None:
    letter = firm.new_list()
    firm.settle()
    limit_day(firm)
    [row] = firm.bridge.rows(
        "SELECT extract(epoch FROM date_trunc('day', app_now()) - app_now())::float + 86400 AS s"
    )
    firm.sandbox.advance(row["s"] + HOUR_S / 2)
    before = len(firm.sandbox.calls("constant_contact"))
    clock = ClockWatch(firm.bridge.database)
    jumps_s = (0.0, -HOUR_S, HOUR_S)
    for number, jump_s in enumerate(jumps_s):
        jump(firm, clock, jump_s)
        for each in range(A_DAY // 2):
            firm.member(f"p{number}-{each}@example.org", letter)
        firm.bridge.receive()
        firm.bridge.triage()
        firm.bridge.deliver()
    # A call whose token has just ended is nobody's there, and takes a slot all the same.
    spent = sum(
        call["owner"] in {"bridge", None} and call["path"].startswith("/v3")
        for call in firm.sandbox.calls("constant_contact")[before:]
    )
    firm.settle()
    found = compare(read_practifi(firm.sandbox), read_there(firm.sandbox))
    tally(
        "clock set back over midnight",
        tried=len(jumps_s),
        survived=len(jumps_s),
        doubled=len(found.doubled) + max(0, spent - A_DAY),
        wrong=len(found.wrong),
    )
    assert spent == A_DAY
    assert found.wrong == []


def jump(firm: Firm, clock: ClockWatch, by_s: float) -> None:
    """Set the clock of the database, on which the scheduler looks every few seconds."""
    clock.look()
    with firm.bridge.database.transaction() as tx:
        advance(tx, by_s)
    clock.look()


def seconds(firm: Firm) -> float:
    [row] = firm.bridge.rows("SELECT extract(epoch FROM app_now())::float AS now_s")
    return float(row["now_s"])


def die_at_work(firm: Firm, plan: random.Random) -> None:
    """A worker takes up what waits and dies on the way."""
    database = MortalDatabase(firm.bridge.database, plan, LONGEST_LIFE)
    database.planned()
    installation: Any = replace(firm.bridge.installation, database=database)  # type: ignore[arg-type]
    try:
        replace(firm.bridge, installation=installation).deliver()
    except Killed:
        return


def limit_day(firm: Firm) -> None:
    """Let the bridge spend so many calls a day, with nothing kept."""
    with firm.bridge.database.transaction() as tx:
        tx.execute(
            "UPDATE api_application SET day_limit = %s, consent_reserve = 0,"
            " interactive_reserve = 0, webhook_reserve = 0",
            [A_DAY],
        )
