"""The process of a run is killed at every page and anywhere while it applies: the end is right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.faults import mortal_runs
from tests.faults.deaf import NIGHT, DeafFirm, a_deaf_firm
from tests.faults.mortal import Mortals, mortals
from tests.journey.dying import LEASE_S, ask

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.fix_faults import Tally
    from tests.journey.firm import Firm

pytestmark = pytest.mark.timeout(1800)

PAGES = 4
POINTS = 12
LONGEST_LIFE = 40  # transactions of an apply


def test_a_run_that_is_killed_at_every_page_reads_on_and_ends_right(
    key: str, firm: Firm, plan: random.Random, scaled: Callable[[int], int], tally: Tally
) -> None:
    deaf = a_deaf_firm(firm, plan)
    pages = iter(range(2**31))

    def place() -> dict[str, Any]:
        """Each process keeps a page; half of them die before the second one is kept."""
        kept = next(pages) % 2 == 0
        return {"page": 1 if kept else 2, "kept": kept}

    with mortals(firm, key, mortal_runs) as processes:
        killed = kill_often(deaf, processes, scaled(PAGES), place)
    deaf.judge(tally, "kill -9 at a page of a run", tried=killed)


def test_a_run_that_is_killed_anywhere_while_it_applies_has_each_effect_once(
    key: str, firm: Firm, plan: random.Random, scaled: Callable[[int], int], tally: Tally
) -> None:
    deaf = a_deaf_firm(firm, plan)

    def place() -> dict[str, Any]:
        return {"transaction": plan.randint(1, LONGEST_LIFE), "kept": plan.random() < 0.5}

    with mortals(firm, key, mortal_runs) as processes:
        killed = kill_often(deaf, processes, scaled(POINTS), place)
    deaf.judge(tally, "kill -9 while a run applies", tried=killed)


def kill_often(
    deaf: DeafFirm, processes: Mortals, times: int, place: Callable[[], dict[str, Any]]
) -> int:
    """Let nights go by until so many processes were killed; return how many were."""
    killed = 0
    while killed < times:
        deaf.work()
        for job in NIGHT:
            run_id = ask(deaf.firm, job)
            while deaf.load(run_id).is_open:
                order = place() if killed < times else {"kept": True}
                killed += processes.carry_on(run=run_id, **order)
                deaf.firm.sandbox.advance(LEASE_S + 1)
            record = deaf.load(run_id)
            assert record.state == "done", record.reason
    return killed
