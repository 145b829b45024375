"""Lines that a run tells at its end, whether it passes or not: what was covered, what was not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = "told"


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Show a line at the end of the run; it travels with the test's report, through xdist too."""
    return lambda line: record_property(_NAME, line)


class _Told:
    """Collects the lines of all tests."""

    def __init__(self) -> None:
        self._lines: dict[str, None] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, line in report.user_properties:
            if name == _NAME and report.when == "teardown":
                self._lines[str(line)] = None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._lines:
            terminalreporter.section("told by the tests")
            for line in self._lines:
                terminalreporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Collect in the process that began the run."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Told())
