"""The forecast is what a simulation of every single call ends with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.constant_contact.allowance import Limits
from bridge.constant_contact.forecast import Forecast, forecast, in_words, one_by_one

DAY = datetime(2026, 11, 28, tzinfo=UTC)
MOMENTS = st.datetimes(
    min_value=datetime(2026, 11, 28),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(2026, 11, 28, 23, 59, 59, 999_999),  # noqa: DTZ001
    timezones=st.just(UTC),
)
BACKLOGS = st.dictionaries(st.integers(0, 4), st.integers(0, 60), max_size=5)


@st.composite
def small_limits(draw: st.DrawFn) -> Limits:
    """Limits under which a few calls take days, and every lane may call."""
    reserves = draw(st.tuples(*[st.integers(0, 5)] * 3))
    return Limits(
        per_second=draw(st.sampled_from([1, 4, 10])),
        per_day=sum(reserves) + draw(st.integers(1, 40)),
        consent_reserve=reserves[0],
        interactive_reserve=reserves[1],
        webhook_reserve=reserves[2],
    )


def simulated(backlog: dict[int, int], limits: Limits, used: int, moment: datetime) -> datetime:
    """Make one call after the other, the most urgent that its lane may make, and say when it ends.

    Written from the rules alone: a day has its calls, each lane leaves those of the lanes before
    it, a call takes a gap and does not begin on a day on which it does not end.
    """
    kept = (0, limits.consent_reserve, limits.interactive_reserve, limits.webhook_reserve, 0)
    left = {lane: 2 * count for lane, count in sorted(backlog.items()) if count}
    gap = timedelta(seconds=1.04) / limits.per_second
    while left:
        may = [lane for lane in left if used < limits.per_day - sum(kept[: lane + 1])]
        tomorrow = datetime(moment.year, moment.month, moment.day, tzinfo=UTC) + timedelta(days=1)
        if not may or moment + gap > tomorrow:
            moment, used = tomorrow, 0
            continue
        moment, used = moment + gap, used + 1
        left[may[0]] -= 1
        left = {lane: count for lane, count in left.items() if count}
    return moment


@given(BACKLOGS, small_limits(), st.integers(0, 50), MOMENTS)
def test_it_ends_when_the_last_of_all_calls_made_one_by_one_ends(
    backlog: dict[int, int], limits: Limits, used: int, moment: datetime
) -> None:
    found = forecast(backlog, limits=limits, used=used, moment=moment)
    assert found.calls == 2 * sum(backlog.values())
    assert found.ends_at == simulated(backlog, limits, used, moment)


@given(BACKLOGS, small_limits(), st.integers(0, 50), MOMENTS, st.integers(0, 4))
def test_more_work_never_ends_earlier_and_a_cheaper_way_never_later(
    backlog: dict[int, int], limits: Limits, used: int, moment: datetime, lane: int
) -> None:
    now = forecast(backlog, limits=limits, used=used, moment=moment)
    more = backlog | {lane: backlog.get(lane, 0) + 1}
    later = forecast(more, limits=limits, used=used, moment=moment)
    cheap = forecast(backlog, limits=limits, used=used, moment=moment, price=lambda _, count: count)
    assert now.ends_at is not None
    assert later.ends_at is not None
    assert cheap.ends_at is not None
    assert cheap.ends_at <= now.ends_at <= later.ends_at


def test_nothing_begins_before_the_vendor_allows_calls_again() -> None:
    found = forecast(
        {2: 1},
        limits=Limits(),
        used=9_900,
        moment=DAY.replace(hour=12),
        begins_at=DAY + timedelta(days=1),
    )
    assert found.ends_at == DAY + timedelta(days=1, milliseconds=520)


def test_a_lane_that_may_never_call_has_no_end() -> None:
    limits = Limits(per_day=100, consent_reserve=100)
    found = forecast({2: 1}, limits=limits, used=0, moment=DAY)
    assert found.ends_at is None
    assert in_words(found, DAY) == (
        "backlog of 1 does not end under these limits: 2 calls are wanted"
    )


@pytest.mark.parametrize(
    ("ends_at", "words"),
    [
        pytest.param(DAY.replace(hour=14, minute=10), "today 14:10", id="today"),
        pytest.param(DAY.replace(hour=14, second=1), "today 14:01", id="not before it is so"),
        pytest.param(DAY.replace(hour=23, minute=59, second=1), "tomorrow 00:00", id="midnight"),
        pytest.param(DAY + timedelta(days=1, hours=1, minutes=20), "tomorrow 01:20", id="tomorrow"),
        pytest.param(DAY + timedelta(days=5), "on 2026-12-03 00:00", id="later"),
    ],
)
def test_the_end_is_said_by_the_day(ends_at: datetime, words: str) -> None:
    found = Forecast(subjects=31_200, calls=96, ends_at=ends_at)
    assert in_words(found, DAY.replace(hour=3)) == f"backlog of 31,200 ends {words} with 96 calls"


def test_without_a_backlog_nothing_is_foretold() -> None:
    found = forecast({}, limits=Limits(), used=0, moment=DAY)
    assert in_words(found, DAY) == "nothing waits"


def test_a_big_backlog_takes_the_days_that_its_calls_take() -> None:
    found = forecast({2: 200_000}, limits=Limits(), used=0, moment=DAY)
    assert found.calls == one_by_one(2, 200_000)
    assert found.ends_at is not None
    assert (found.ends_at - DAY).days == 400_000 // Limits().ceiling(2)
