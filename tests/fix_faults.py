"""What the faults did, as one table at the end of a run, and the draws of a test that strikes."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_PROPERTY = "fault"
_WIDTH = 42
_COLUMNS = (
    "tried",
    "survived",
    "accepted",
    "acts",
    "lost",
    "stuck",
    "doubled",
    "wrong",
    "slowest_s",
)


class Tally(Protocol):
    """Notes how often a fault struck in a test, and what became of that, by column."""

    def __call__(self, fault: str, **figures: float) -> None:
        """Note it; a column that a fault has no figure for is left out."""


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Tally:
    """Return what notes a line of the table; it travels with the report, from xdist workers too."""

    def note(fault: str, **figures: float) -> None:
        assert figures.keys() <= set(_COLUMNS), figures
        record_property(_PROPERTY, {"fault": fault, **figures})

    return note


@pytest.fixture
def plan(request: pytest.FixtureRequest) -> random.Random:
    """The draws of one test; a failing one shows how to repeat them."""
    seed = os.environ.get("BRIDGE_TEST_SEED", "1")
    print(f"to repeat the plan: BRIDGE_TEST_SEED={seed}")  # noqa: T201 - shown with a failure
    return random.Random(f"{seed} {request.node.name}")  # noqa: S311 - can be repeated


class _Table:
    """Collects the lines, adds up those of one fault, and prints them below the results."""

    def __init__(self) -> None:
        self._lines: dict[str, dict[str, float]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            for name, figures in report.user_properties:
                if name == _PROPERTY and isinstance(figures, dict):
                    self._add(**figures)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._lines:
            return
        terminalreporter.section("faults (`make faults` strikes 17 times as often)")
        titles = "".join(f"{name:>10}" for name in _COLUMNS)
        terminalreporter.write_line(f"{'fault':{_WIDTH}}{titles}")
        for fault, line in self._lines.items():
            cells = "".join(f"{_shown(line.get(name)):>10}" for name in _COLUMNS)
            terminalreporter.write_line(f"{fault:{_WIDTH}}{cells}")

    def _add(self, fault: str, **figures: float) -> None:
        line = self._lines.setdefault(fault, {})
        for name, figure in figures.items():
            known = line.get(name, 0)
            line[name] = max(known, figure) if name == "slowest_s" else known + figure


def _shown(figure: float | None) -> str:
    if figure is None:
        return "-"
    return str(figure) if isinstance(figure, int) else f"{figure:.1f}"


def pytest_configure(config: pytest.Config) -> None:
    """Print in the process that began the run; xdist sends it every report."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Table())
