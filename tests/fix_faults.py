"""What the kills did, as one table at the end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_PROPERTY = "kills"
_COLUMNS = (
    "target",
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
    """Notes what became of one test's kills, by column."""

    def __call__(self, **figures: object) -> None:
        """Note it."""


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Tally:
    """Return what notes a line of the table; it travels with the report, from xdist workers too."""

    def note(**figures: object) -> None:
        record_property(_PROPERTY, figures)

    return note


class _Table:
    """Collects the lines and prints them below the results."""

    def __init__(self) -> None:
        self._lines: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            for name, figures in report.user_properties:
                if name == _PROPERTY and isinstance(figures, dict):
                    self._lines.append(figures)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._lines:
            return
        terminalreporter.section("kill -9 under load (51 of each: BRIDGE_TEST_SCALE=17)")
        terminalreporter.write_line("  ".join(f"{name:>10}" for name in _COLUMNS))
        for line in self._lines:
            cells = (line[name] for name in _COLUMNS)
            shown = (f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in cells)
            terminalreporter.write_line("  ".join(f"{cell:>10}" for cell in shown))


def pytest_configure(config: pytest.Config) -> None:
    """Print in the process that began the run; xdist sends it every report."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Table())
