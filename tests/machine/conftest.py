"""Fixtures of the state machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.machine.world import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.db.database import Database
    from bridge.settings import Settings
    from tests.machine.world import World


@pytest.fixture
def world(settings: Settings, database: Database) -> Iterator[World]:
    """A firm that can be begun again, example after example."""
    with running(settings, database) as world:
        yield world
