"""How long each suite may take, and the one setting that scales the slow ones.

`BRIDGE_TEST_SCALE` (default 1, what continuous integration runs) multiplies the rounds of the
tests that ask for `scaled`, and with them every suite's share of time. A suite over its share
fails the run: a slow suite is noticed in the change that made it slow.

What a scale of 1 leaves to a greater one, where each example proves what the others prove:

| test | 1 | 2 and more |
| --- | --- | --- |
| a demo whose line is falsified | every other line | all eight lines |
| faults that take minutes each (`tests/faults/test_strikes.py`) | none | all |
| rounds of `tests/journey/test_interleavings.py` | 100 and 50 | as many times more |
| kills of a command that applies | 20 | as many times more |
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

SHARES_S = {
    "unit": 180.0,
    "adapters": 240.0,
    "postgres": 480.0,
    "sandbox": 180.0,
    "strangers": 180.0,
    "fuzz": 240.0,
    "console": 360.0,
    "browser": 420.0,
    "journey": 1800.0,
    "faults": 1200.0,
    "machine": 600.0,
    "architecture": 60.0,
    "docs": 90.0,
    "doctests": 30.0,
}
"""Seconds a suite may take, summed over its tests; the doctests of the packages are one suite."""


def _scale() -> float:
    return float(os.environ.get("BRIDGE_TEST_SCALE", "1"))


@pytest.fixture(scope="session")
def scaled() -> Callable[[int], int]:
    """Make a number of rounds from the one for a normal run: `scaled(50)`, at least 1."""
    scale = _scale()
    return lambda rounds: max(1, round(rounds * scale))


class _Shares:
    """Adds up the time of each suite and judges it at the end."""

    def __init__(self) -> None:
        self._spent_s: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        parts = Path(report.nodeid.partition("::")[0]).parts
        self._spent_s[parts[1] if parts[0] == "tests" else "doctests"] += report.duration

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._over() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("time of the suites")
        for suite, spent_s in sorted(self._spent_s.items()):
            verdict = "  OVER ITS SHARE" if suite in self._over() else ""
            terminalreporter.write_line(
                f"{suite:12} {spent_s:7.1f} s of {_share_s(suite):.0f} s{verdict}"
            )

    def pytest_unconfigure(self) -> None:
        """Say last, behind pytest's own summary, why a run failed that no test has failed."""
        for suite in sorted(self._over()):
            sys.stdout.write(
                f"{suite}: {self._spent_s[suite]:.0f} s, over {_share_s(suite):.0f} s\n"
            )

    def _over(self) -> set[str]:
        return {suite for suite, spent_s in self._spent_s.items() if spent_s > _share_s(suite)}


def _share_s(suite: str) -> float:
    return SHARES_S.get(suite, min(SHARES_S.values())) * max(1.0, _scale())


def pytest_configure(config: pytest.Config) -> None:
    """Watch the time in the process that began the run; xdist sends it every report."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Shares())
