"""Fixtures of the journeys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journey.firm import Firm

if TYPE_CHECKING:
    from tests.fix_bridge import RunningBridge
    from tests.fix_sandbox import RunningSandbox


@pytest.fixture
def firm(bridge: RunningBridge, sandbox: RunningSandbox) -> Firm:
    """A firm whose bridge is connected and has nothing to do."""
    return Firm(bridge, sandbox)
