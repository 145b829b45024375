"""Processes end at random moments under load: what was acknowledged is kept, the end is right."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.installation import Installation, is_gone, until
from tests.faults.kills import STOP_S, Kills
from tests.faults.ordeal import RECOVERY_S, another, load, ordeal
from tests.faults.trial import trial

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from tests.fix_faults import Tally

log = logging.getLogger(__name__)

pytestmark = pytest.mark.timeout(3600)  # every wait below has a deadline of its own

POINTS = 3


@pytest.mark.parametrize("target", ["server", "worker", "PostgreSQL"])
def test_what_was_acknowledged_survives_kills_and_ends_right(
    target: str, plan: random.Random, scaled: Callable[[int], int], tally: Tally, tmp_path: Path
) -> None:
    points = scaled(POINTS)
    with ordeal(plan, tmp_path / "up.log") as under_test:
        kills = Kills(under_test.installation, another(plan))
        kill: Callable[[], None] = getattr(kills, target.lower())
        with trial(under_test, f"kill -9 of {target}", tally, tried=points) as one:
            one.strike_under_load(kill, plan, points)
        log.warning("kills: %s; acts: %s", dict(kills.done), dict(under_test.firm.done))


def test_a_stop_under_load_leaves_no_process_and_loses_nothing(
    plan: random.Random, tmp_path: Path
) -> None:
    with ordeal(plan, tmp_path / "up.log") as under_test:
        installation = under_test.installation
        with load(under_test, plan):
            time.sleep(plan.uniform(1, 3))
            running = installation.processes()
            installation.up.terminate()
            until(lambda: all(map(is_gone, running)), "all have ended", within_s=STOP_S)
            code = until_exit(installation)
        assert code == 0
        installation.start()
        until(installation.is_ready, "ready again", within_s=RECOVERY_S)
        assert not under_test.lost()
        assert not under_test.settle().wrong


def until_exit(installation: Installation) -> int | None:
    until(lambda: installation.exit_code() is not None, "`bridge up` has ended", within_s=STOP_S)
    return installation.exit_code()
