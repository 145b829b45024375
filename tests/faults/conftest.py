"""Fixtures of the faults: systems without a clientele, so that whatever is there came by a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from cryptography.fernet import Fernet

from tests.fix_sandbox import RunningSandbox, start_sandbox, stop_sandbox
from tests.journey.firm import Firm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fix_bridge import RunningBridge


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[RunningSandbox]:
    """Yield an empty sandbox that lives as long as the test run; use `sandbox` instead."""
    process, line = start_sandbox("--size", "empty")
    with requests.Session() as session:
        yield RunningSandbox(line=line, session=session)
    stop_sandbox(process)


@pytest.fixture
def firm(bridge: RunningBridge, sandbox: RunningSandbox) -> Firm:
    """A firm whose bridge works in the test's own process, when it is told to."""
    return Firm(bridge, sandbox)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    """The key of the bridge under test, for a process of its own; ask for it before the bridge."""
    made = Fernet.generate_key()
    monkeypatch.setattr(Fernet, "generate_key", lambda: made)
    return made.decode()
