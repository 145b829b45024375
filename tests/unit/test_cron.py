"""When a schedule is due: in order, once a night, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.cron import due_times, last_due
from bridge.errors import ConfigurationError

ZONES = (
    "UTC",
    "America/New_York",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Chatham",
)
moments = st.integers(0, 5 * 365 * 86_400).map(
    lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
daily = st.builds("{} {} * * *".format, st.integers(0, 59), st.integers(0, 23))


def first_local(cron: str, zone: str, after: str, count: int) -> list[str]:
    start = datetime.fromisoformat(after).astimezone(UTC)
    return [
        due.astimezone(ZoneInfo(zone)).isoformat()
        for due in islice(due_times(cron, zone, start), count)
    ]


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        pytest.param(
            "30 2 * * *",
            "America/New_York",
            "2026-03-07T12:00-05:00",
            ["2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"],
            id="a gap moves it to where the clock goes on",
        ),
        pytest.param(
            "30 1 * * *",
            "America/New_York",
            "2026-10-31T12:00-04:00",
            ["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"],
            id="an overlap counts the first time",
        ),
        pytest.param(
            "30 1 * * *",
            "America/New_York",
            "2026-11-01T01:10-05:00",
            ["2026-11-02T01:30:00-05:00"],
            id="begun in the second pass",
        ),
        pytest.param(
            "30 2 * * *",
            "Europe/Berlin",
            "2026-03-28T12:00+01:00",
            ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"],
            id="a gap in Berlin",
        ),
        pytest.param(
            "30 2 * * *",
            "Europe/Berlin",
            "2026-10-24T12:00+02:00",
            ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"],
            id="an overlap in Berlin",
        ),
        pytest.param(
            "0 0 * * *",
            "Africa/Cairo",
            "2026-04-23T12:00+02:00",
            ["2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"],
            id="a gap at midnight",
        ),
    ],
)
def test_times_where_the_clocks_change(
    cron: str, zone: str, after: str, expected: list[str]
) -> None:
    assert first_local(cron, zone, after, len(expected)) == expected


@given(cron=daily, zone=st.sampled_from(ZONES), after=moments)
def test_a_daily_expression_is_due_once_on_each_local_day(
    cron: str, zone: str, after: datetime
) -> None:
    due = list(islice(due_times(cron, zone, after), 400))
    assert due[0] > after
    assert all(earlier < later for earlier, later in pairwise(due))
    days = [one.astimezone(ZoneInfo(zone)).date() for one in due]
    assert all(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


@given(
    cron=st.sampled_from(
        ["*/15 * * * *", "0 */2 * * *", "5,35 1,2 * * *", "0 3 * * MON", "0 4 1 * *", "0 0 29 2 *"]
    ),
    zone=st.sampled_from(ZONES),
    after=moments,
)
def test_due_times_increase_whatever_the_expression(cron: str, zone: str, after: datetime) -> None:
    due = [after, *islice(due_times(cron, zone, after), 40)]
    assert all(earlier < later for earlier, later in pairwise(due))


@given(
    cron=daily | st.sampled_from(["0 3 * * MON", "0 4 1 * *", "*/30 * * * *"]),
    zone=st.sampled_from(ZONES),
    after=moments,
    length=st.integers(0, 100 * 86_400),
)
def test_the_last_due_time_is_the_last_of_all_of_them(
    cron: str, zone: str, after: datetime, length: int
) -> None:
    until = after + timedelta(seconds=length)
    slowly = None
    for due in due_times(cron, zone, after):
        if due > until:
            break
        slowly = due
    assert last_due(cron, zone, after=after, until=until) == slowly


@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        pytest.param("0 1 * *", "UTC", id="four fields"),
        pytest.param("0 0 1 * * *", "UTC", id="with seconds"),
        pytest.param("0 25 * * *", "UTC", id="no such hour"),
        pytest.param("0 1 * * *", "Mars/Olympus", id="no such zone"),
        pytest.param("0 1 * * *", "../etc/passwd", id="a path"),
        pytest.param("0 1 * * *", "", id="no zone"),
    ],
)
def test_what_is_not_understood_is_refused(cron: str, zone: str) -> None:
    with pytest.raises(ConfigurationError):
        next(due_times(cron, zone, datetime(2026, 1, 1, tzinfo=UTC)))
