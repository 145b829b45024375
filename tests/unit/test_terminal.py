"""What a person sees while a run goes."""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from reconciler.terminal import Terminal

if TYPE_CHECKING:
    import pytest

    from bridge.db.database import Database


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_tells_how_much_of_how_much_and_when_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    terminal = Terminal(cast("Database", None), 1, is_json=False)
    terminal.ends(datetime(2026, 11, 29, 10, 42, tzinfo=UTC))
    terminal.progress("applying", 120, 1_210)
    terminal.ends(None)
    terminal.progress("deciding", 3, None)
    assert screen.getvalue().split("\r\x1b[K")[1:] == [
        "applying: 120 of 1,210, ends about 2026-11-29 10:42 UTC",
        "deciding: 3",
    ]
