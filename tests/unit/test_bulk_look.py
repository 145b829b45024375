"""Up to when a look has seen every change of the account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bridge.delivery.bulk.look import _known_up_to, pages_left

BEGUN = datetime(2026, 11, 2, 9, 15, tzinfo=UTC)


def before(seconds: float) -> datetime:
    return BEGUN - timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("last", "since", "worked_until", "known"),
    [
        pytest.param(None, None, None, before(70), id="nothing was there"),
        pytest.param(before(5), None, None, before(15), id="a change just before"),
        pytest.param(before(-5), None, None, before(10), id="a change on a later page"),
        pytest.param(before(900), before(1000), None, before(70), id="nothing for long"),
        pytest.param(None, before(40), None, before(40), id="never back in time"),
        pytest.param(before(3), None, before(3), before(3), id="what an import did"),
    ],
)
def test_a_look_knows_every_change_up_to_a_moment(
    last: datetime | None,
    since: datetime | None,
    worked_until: datetime | None,
    known: datetime,
) -> None:
    look = {
        "begun_at": BEGUN.isoformat(),
        "last": last and last.isoformat(),
        "since": since and since.isoformat(),
    }
    assert _known_up_to(look, worked_until) == known


@pytest.mark.parametrize(("expected", "pages"), [(None, 0), (0, 0), (500, 0), (501, 1), (1501, 3)])
def test_the_first_page_tells_how_many_follow(expected: int | None, pages: int) -> None:
    assert pages_left({"expected": expected}) == pages
