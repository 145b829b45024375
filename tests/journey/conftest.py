"""Fixtures of the journeys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journey.administrator import admin, at_the_terminal
from tests.journey.bulk_steps import browser, letter
from tests.journey.commanding import commands
from tests.journey.desk import desk, orders
from tests.journey.firm import Firm
from tests.journey.loading import go_in_bulk_early, left_over, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fix_bridge import RunningBridge
    from tests.fix_sandbox import RunningSandbox


__all__ = ["admin", "at_the_terminal", "browser", "commands", "desk", "letter", "orders"]


@pytest.fixture
def firm(bridge: RunningBridge, sandbox: RunningSandbox) -> Firm:
    """A firm whose bridge is connected and has nothing to do."""
    return Firm(bridge, sandbox)


@pytest.fixture
def loaded(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """A list, and people on it who have arrived; half a dozen changes go in bulk."""
    go_in_bulk_early(monkeypatch)
    list_id = firm.new_list()
    firm.settle()
    people = load(firm, list_id)
    firm.settle()
    yield list_id, people
    assert left_over(firm) == []
