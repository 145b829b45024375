"""PostgreSQL is killed between the pages of a run: staged rows are gone, and are read anew."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.installation import LEASE_S, SWEEP_S, until
from tests.faults.ordeal import LATENCY, RECOVERY_S, ordeal

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from tests.faults.installation import Installation
    from tests.fix_faults import Tally

pytestmark = pytest.mark.timeout(1800)

STRIKES = 1
ACTS = 15
SLOW_S = 0.4  # of a call while a run reads, so that there is a time between two pages
DROP: dict[str, object] = {"side": "outbound", "kind": "drop", "times": None}
READ = """
SELECT r.state, r.reason, count(c.source) AS pages
FROM run r LEFT JOIN checkpoint c ON c.connection_id = r.connection_id AND c.run_id = r.id
WHERE r.id = (SELECT max(id) FROM run)
GROUP BY r.connection_id, r.id
"""


def test_a_run_whose_database_is_killed_between_pages_reads_anew_and_ends_right(
    plan: random.Random, scaled: Callable[[int], int], tally: Tally, tmp_path: Path
) -> None:
    with ordeal(plan, tmp_path / "up.log") as under_test:
        installation, sandbox = under_test.installation, under_test.installation.sandbox
        under_test.settle()
        struck, took_s = 0, []
        for _ in range(scaled(STRIKES)):
            sandbox.faults(DROP)
            for _ in range(ACTS):
                under_test.firm.act()
            slow = [fault | {"latency_s": SLOW_S, "share": 1.0} for fault in LATENCY]
            sandbox.faults(DROP, *slow)
            struck += kill_while_reading(installation, plan)
            killed_at = time.monotonic()
            sandbox.faults(DROP)
            until(lambda: run_of(installation)["state"] == "done", "done", within_s=RECOVERY_S)
            run_night(installation)
            took_s.append(time.monotonic() - killed_at)
        found = under_test.settle()
        tally(
            "PostgreSQL killed between pages",
            tried=struck,
            survived=len(took_s),
            acts=under_test.firm.done.total(),
            lost=len(under_test.lost()),
            doubled=len(found.doubled),
            wrong=len(found.wrong),
            slowest_s=max(took_s),
        )
        assert found.wrong == []
        assert struck == scaled(STRIKES)


def run_of(installation: Installation) -> dict[str, object]:
    """Return the newest run, and how many of its sources have a page."""
    (row,) = installation.rows(READ)
    return row


def run_night(installation: Installation) -> None:
    """Run both jobs, to whose ends the workers may bring them."""
    for job in ("lists", "contacts"):
        command = installation.command("reconcile", job)
        assert command.wait(RECOVERY_S) == 0, installation.log_tail()


def kill_while_reading(installation: Installation, plan: random.Random) -> bool:
    """Ask for a run, and kill PostgreSQL once some of its pages are kept; tell if that was so."""
    lists = installation.command("reconcile", "lists")
    assert lists.wait(RECOVERY_S) == 0, installation.log_tail()
    pages = plan.randint(1, 4)
    command = installation.command("reconcile", "contacts")
    until(
        lambda: (row := run_of(installation))["state"] == "reading" and row["pages"] == pages,
        f"{pages} pages are kept",
        within_s=RECOVERY_S,
    )
    server = installation.postmaster()
    assert server is not None
    server.kill()
    command.wait(RECOVERY_S)
    until(installation.is_ready, "ready again", within_s=RECOVERY_S)
    time.sleep(LEASE_S + SWEEP_S)  # the lease of whoever died
    return True
