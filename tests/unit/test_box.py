"""What happened to the box between two states of a record, where stamps fall into one second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bridge.consent.box import Box, box_changes

AT = datetime(2026, 11, 2, 9, 15, 20, tzinfo=UTC)
LATER = AT + timedelta(seconds=3)
ANN, BRIDGE = "005000000000001AAA", "005000000000002AAA"


@pytest.mark.parametrize(
    ("ticked_at", "untick"),
    [
        pytest.param(AT, (AT, ANN), id="ticked in the second of the stamp"),
        pytest.param(AT + timedelta(seconds=1), (LATER, BRIDGE), id="ticked later than that"),
    ],
)
def test_two_unticks_of_one_second_have_one_stamp(
    ticked_at: datetime, untick: tuple[datetime, str]
) -> None:
    ticked = Box(ticked=True, stamp=AT, modstamp=ticked_at, user_id=ANN)
    clear = Box(ticked=False, stamp=AT, stamped_by=ANN, modstamp=LATER, user_id=BRIDGE)
    (change,) = box_changes("c1", ticked, clear, seen_at=LATER)
    assert (change.changed_at, change.user_id, change.ticked) == (*untick, False)
