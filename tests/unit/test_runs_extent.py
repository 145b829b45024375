"""How much a run reads: by what was asked, by cost, by age, and by what it could miss."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.runs.extent import CHEAP_CALLS, Choice, History, choose_extent

if TYPE_CHECKING:
    from bridge.runs.model import Extent, Job

NOW = datetime(2026, 11, 2, 1, 15, tzinfo=UTC)
LARGE: dict[str, Any] = {
    "full_at": NOW - timedelta(days=1),
    "full_calls": CHEAP_CALLS + 1,
    "mapping_version_id": 3,
}
FULL, INCREMENTAL = Choice(extent="full"), Choice(extent="incremental")
NEVER = Choice(extent="full", why="everything is read: no run has read everything yet")
OTHERS = Choice(extent="full", why="everything is read: the mapping has changed since the last run")


def chosen(history: History, asked: Extent | None = None, job: Job = "contacts") -> Choice:
    return choose_extent(
        job,
        asked,
        history,
        moment=NOW,
        mapping_version_id=3,
        full_every=timedelta(days=7),
    )


@pytest.mark.parametrize(
    ("known", "choice"),
    [
        pytest.param({}, INCREMENTAL, id="a night at a large firm"),
        pytest.param({"full_calls": CHEAP_CALLS}, FULL, id="cheap"),
        pytest.param({"full_at": NOW - timedelta(days=7)}, FULL, id="a week old"),
        pytest.param({"full_at": NOW + timedelta(hours=1)}, FULL, id="a clock was set back"),
        pytest.param({"is_unended": True}, FULL, id="the last one did not end well"),
        pytest.param({"mapping_version_id": 2}, FULL, id="another mapping"),
        pytest.param({"marked_at": NOW - timedelta(days=2)}, INCREMENTAL, id="marks of before"),
        pytest.param({"marked_at": NOW - timedelta(hours=9)}, FULL, id="other marks of people"),
        pytest.param({"full_at": None}, FULL, id="never"),
    ],
)
def test_cost_and_age_choose_where_nobody_does(known: dict[str, Any], choice: Choice) -> None:
    assert chosen(History(**LARGE | known)) == choice


@pytest.mark.parametrize(
    ("known", "choice"),
    [
        pytest.param({}, INCREMENTAL, id="as asked"),
        pytest.param({"full_calls": 1}, INCREMENTAL, id="although it is cheap"),
        pytest.param({"full_at": NOW - timedelta(days=70)}, INCREMENTAL, id="although it is old"),
        pytest.param({"is_unended": True}, INCREMENTAL, id="although the last did not end"),
        pytest.param({"mapping_version_id": 2}, OTHERS, id="other fields were read"),
        pytest.param({"full_at": None}, NEVER, id="there is nothing to go on from"),
    ],
)
def test_changes_alone_are_read_on_request_where_that_is_enough(
    known: dict[str, Any], choice: Choice
) -> None:
    assert chosen(History(**LARGE | known), "incremental") == choice


def test_everything_is_read_on_request_and_of_lists_always() -> None:
    assert chosen(History(**LARGE), "full") == FULL
    assert chosen(History(**LARGE), job="lists") == FULL
