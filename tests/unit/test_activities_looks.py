"""Which reports of a mailing are worth a call."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bridge.mapping.interaction import EVENT_KINDS
from reconciler.activities.looks import kinds_to_read, next_look_in

if TYPE_CHECKING:
    from reconciler.activities.looks import Counts

NONE: Counts = dict.fromkeys(EVENT_KINDS, 0)
SOME: Counts = {**NONE, "send": 9, "open": 2}


@pytest.mark.parametrize(
    ("before", "after", "is_due", "expected"),
    [
        pytest.param(None, SOME, False, EVENT_KINDS, id="never read"),
        pytest.param(None, NONE, False, EVENT_KINDS, id="counts that may be cached"),
        pytest.param(SOME, SOME, False, (), id="nothing moved"),
        pytest.param(SOME, SOME, True, EVENT_KINDS, id="due by age"),
        pytest.param(SOME, {**SOME, "open": 3}, False, ("open",), id="one more open"),
        pytest.param(SOME, {**SOME, "open": 1}, False, ("open",), id="fewer opens"),
        pytest.param(SOME, {"click": 1}, False, ("click",), id="a kind that is told first"),
        pytest.param(SOME, {}, False, (), id="nothing is told"),
        pytest.param(SOME, None, True, (), id="not there any more"),
    ],
)
def test_what_moved_or_is_due_is_read(
    *, before: Counts | None, after: Counts | None, is_due: bool, expected: tuple[str, ...]
) -> None:
    assert kinds_to_read(before, after, is_due=is_due) == expected


def test_looks_become_rarer_with_age() -> None:
    ages = [timedelta(days=days) for days in range(760)]
    waits = [next_look_in(age) for age in ages]
    assert waits == sorted(waits)
    assert waits[0] < timedelta(days=1)  # each night while it is young
    assert next_look_in(None) == waits[0]
