"""The first day: both sides compared and kept, told in sentences, and nothing written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge.first_day.gather import newest
from bridge.first_day.model import Addresses, ListFigures, Sizes
from bridge.first_day.sentences import summary
from reconciler.first_day.showing import print_summary
from tests.journey.first_days import a_first_day, open_for_business
from tests.journey.reconciling import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.journey.firm import Firm


def writes_of(firm: Firm) -> list[tuple[str, str]]:
    """Return what the bridge has asked either service to change."""
    return [
        (call["method"], call["path"])
        for side in ("constant_contact", "salesforce")
        for call in firm.sandbox.calls(side)
        if call["owner"] == "bridge"
        and call["method"] != "GET"
        and "oauth" not in call["path"]
        and "token" not in call["path"]
    ]


def test_a_first_day_counts_each_kind_of_difference_and_writes_nothing(
    firm: Firm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_for_business(firm)
    found = a_first_day(firm, tmp_path / "kept")
    print_summary(found)
    print(capsys.readouterr().out)
    assert writes_of(firm) == []
