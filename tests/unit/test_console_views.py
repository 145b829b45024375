"""What pages say, from values alone: nights, the bar of the allowance, cells, frames."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.consent.policy import Rules
from bridge.console.headers import frame_hosts
from bridge.console.pages.allowance import bar
from bridge.console.pages.home import Day, strip
from bridge.console.pages.policies import Change, loosens
from bridge.console.rendering import Form
from bridge.console.spreadsheet import csv_lines, safe_cell
from bridge.console.times import Times
from bridge.constant_contact.allowance import Limits
from bridge.constant_contact.spending import Spending, User

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


def day(number: int, **values: int) -> Day:
    given_ = {"runs": 3, "failed": 0, "stopped": 0, "run_id": number} | values
    return Day(day=date(2026, 11, number), **given_)


def test_thirty_nights_are_shown_the_oldest_first_with_gaps() -> None:
    nights = strip([day(30), day(28, failed=1), day(27, stopped=1)], NOON.date())
    assert len(nights) == 30
    assert [night.look for night in nights[-4:]] == ["waits", "failed", "none", "done"]
    assert nights[-3].words == "28 Nov: 1 of 3 runs failed"
    assert [night.sign for night in nights[-4:]] == ["!", "x", "", ""]


def spending(used: int, backlog: int, **limits: int) -> Spending:
    user = User(id=1, name="firm", weight=1, state="active", used={2: used})
    return Spending(
        application_id=1,
        limits=Limits(**limits),
        moment=NOON,
        used=used,
        paused_until=None,
        users=(user,),
        backlog={2: backlog},
    )


@given(used=st.integers(0, 12_000), backlog=st.integers(0, 50_000))
def test_the_bar_never_leaves_the_day(used: int, backlog: int) -> None:
    parts = bar(spending(min(used, 10_000), backlog))
    assert all(part.width > 0 for part in parts)
    for one, following in itertools.pairwise(parts):
        assert one.begin + one.width <= following.begin + 1
    assert all(part.begin + part.width <= 1_001 for part in parts)


def test_what_is_foreseen_is_a_part_of_its_own_and_leaves_the_reserve() -> None:
    parts = {part.look: part for part in bar(spending(2_000, 1_000))}
    assert parts["webhook"].width == 200
    assert parts["forecast"].words == "2,000 foreseen for what waits"
    assert (parts["kept"].begin, parts["kept"].width) == (950, 50)


@given(st.text())
def test_no_cell_is_ever_a_formula(text: str) -> None:
    assert not safe_cell(text).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    lines = "".join(csv_lines(["head"], [[text]])).removeprefix("\ufeff")
    rows = list(csv.reader(io.StringIO(lines, newline="")))
    assert rows[1] == [safe_cell(text)]


@pytest.mark.parametrize(
    ("change", "is_loosened"),
    [
        (("policy", "practifi"), True),
        (("policy", "evidence"), False),
        (("mass_limit", "11"), True),
        (("mass_limit", "9"), False),
        (("mass_minutes", "5"), True),
        (("mass_minutes", "60"), False),
        (("list_deleted", "delete"), False),
    ],
)
def test_what_makes_it_easier_to_mail_somebody_again_loosens(
    *, change: tuple[str, str], is_loosened: bool
) -> None:
    name, new = change
    wanted = Change(name=name, old="", new=new, meaning="")
    assert loosens(Rules(policy="confirm"), wanted) is is_loosened


@pytest.mark.parametrize(
    ("url", "lightning"),
    [
        ("https://firm.my.salesforce.com", "https://firm.lightning.force.com"),
        ("https://firm.my.salesforce.com.evil.example", None),
        ("https://evil.example/.my.salesforce.com", None),
        (None, None),
    ],
)
def test_only_the_organizations_own_pages_may_frame_ours(
    url: str | None, lightning: str | None
) -> None:
    hosts = frame_hosts(url)
    assert (lightning in hosts) if lightning else hosts == ()


def test_a_form_takes_no_more_fields_than_any_page_has() -> None:
    assert Form.read(b"&".join(b"a=1" for _ in range(5_000))) == {}
    assert Form.read(b"a=1&a=2&b=").get("a") == ["1", "2"]
    assert Form.read(b"\xff\xfe=%zz").one("missing") == ""


@given(today=st.integers(0, 500), used=st.integers(0, 9_000))
def test_tonights_runs_are_a_part_of_what_is_foreseen(today: int, used: int) -> None:
    def width(tonight: int) -> int:
        parts = bar(spending(used, 10), tonight)
        return sum(part.width for part in parts if part.look == "forecast")

    assert abs(width(today) - width(0) - today // 10) <= 1


def test_a_zone_that_is_none_shows_utc() -> None:
    assert Times("Mars/Olympus").long(NOON) == "30 Nov 2026, 12:00 UTC"
