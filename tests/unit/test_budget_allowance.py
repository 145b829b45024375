"""What a connection may spend of a day: whatever the numbers, its own is safe and none is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.constant_contact.allowance import Limits, calls_left, check_limits
from bridge.errors import ConfigurationError

LANES = st.integers(0, 4)
HOURS = st.integers(0, 23)


@st.composite
def days(draw: st.DrawFn) -> tuple[Limits, dict[int, int], dict[int, int]]:
    """Limits, the weights of some connections, and what each has used."""
    reserves = draw(st.tuples(*[st.integers(0, 900)] * 3))
    limits = Limits(
        per_day=sum(reserves) + draw(st.integers(1, 20_000)),
        consent_reserve=reserves[0],
        interactive_reserve=reserves[1],
        webhook_reserve=reserves[2],
    )
    weights = draw(st.dictionaries(st.integers(1, 9), st.integers(1, 50), min_size=1, max_size=5))
    most = limits.per_day // len(weights)
    used = {each: draw(st.integers(0, most)) for each in weights}
    return limits, weights, used


@given(days(), LANES, HOURS)
def test_nobody_spends_what_is_kept_for_more_urgent_lanes(
    day: tuple[Limits, dict[int, int], dict[int, int]], lane: int, hour: int
) -> None:
    limits, weights, used = day
    for connection in weights:
        left = calls_left(limits, lane, connection, weights=weights, used=used, hour=hour)
        assert 0 <= left <= max(0, limits.ceiling(lane) - sum(used.values()))


@given(days(), LANES)
def test_whoever_has_used_nothing_finds_the_whole_share_in_the_first_hour(
    day: tuple[Limits, dict[int, int], dict[int, int]], lane: int
) -> None:
    """The others take whatever they are given, one after the other, until each is refused."""
    limits, weights, _ = day
    first, *others = weights
    used = dict.fromkeys(weights, 0)
    for other in others:
        used[other] += calls_left(limits, lane, other, weights=weights, used=used, hour=0)
    share = limits.ceiling(lane) * weights[first] // sum(weights.values())
    left = calls_left(limits, lane, first, weights=weights, used=used, hour=0)
    if lane > 0:
        assert left >= share


@given(days(), LANES, st.integers(1, 9))
def test_in_the_last_hour_one_connection_may_spend_all_that_is_left(
    day: tuple[Limits, dict[int, int], dict[int, int]], lane: int, which: int
) -> None:
    limits, weights, used = day
    connection = sorted(weights)[which % len(weights)]
    left = calls_left(limits, lane, connection, weights=weights, used=used, hour=23)
    assert left == max(0, limits.ceiling(lane) - sum(used.values()))


@given(days(), LANES, HOURS)
def test_later_in_the_day_a_connection_may_spend_no_less(
    day: tuple[Limits, dict[int, int], dict[int, int]], lane: int, hour: int
) -> None:
    limits, weights, used = day
    for connection in weights:
        now, later = (
            calls_left(limits, lane, connection, weights=weights, used=used, hour=each)
            for each in (hour, min(23, hour + 1))
        )
        assert later >= now


@given(st.integers(1, 500))
def test_one_call_more_than_allowed_never_fits_into_a_second(per_second: int) -> None:
    limits = Limits(per_second=per_second)
    assert per_second * limits.gap_ms - 25 > 1000


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"per_second": 0}, id="no call a second"),
        pytest.param({"consent_reserve": -1}, id="a reserve below nothing"),
        pytest.param({"per_day": 1_500}, id="reserves take the day"),
    ],
)
def test_limits_under_which_somebody_could_never_call_are_refused(changes: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        check_limits(Limits(**changes))
