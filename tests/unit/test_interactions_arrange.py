"""Which rows of Interactions are shown, in which order, and what the address says of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.console.interactions.arrange import (
    COLUMNS,
    COUNT,
    FORMS,
    PERIODS,
    Search,
    arrange,
    read_search,
)
from bridge.console.interactions.model import (
    ICONS,
    LOOKS,
    Engagement,
    Entry,
    Other,
    entry_of,
    entry_of_other,
)
from bridge.constant_contact.bounces import bounce_result

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def engagement(**values: Any) -> Engagement:
    given_ = {
        "mailing_id": UUID(int=1),
        "campaign": "Market letter",
        "is_resend": False,
        "contact_id": "003000000000001AAA",
        "contact_name": "Ann",
        "account_id": "001000000000001AAA",
        "do_not_email": False,
        "sf_id": None,
        "write_error": None,
        "newest_at": NOW,
        "sent_at": NOW,
        "opened": 0,
        "clicked": 0,
        "forwarded": 0,
        "opted_out": 0,
        "bounce_codes": [],
        **values,
    }
    return Engagement(**given_)


def an_entry(campaign: str, **values: Any) -> Entry:
    return entry_of(engagement(campaign=campaign, **values))


SEMINAR = an_entry("A seminar", opened=2, newest_at=NOW - timedelta(days=100))
BEFORE = an_entry("Before Christmas", newest_at=NOW - timedelta(days=40))
CHRISTMAS = an_entry("Christmas", clicked=1, contact_name="bob", contact_id="003000000000002AAA")
CALL = entry_of_other(
    Other(
        sf_id="a03000000000007AAA",
        at=None,
        subject="A call",
        form="Phone Call",
        contact_id=None,
        contact_name="",
    ),
    "https://firm.my.salesforce.com",
)
ALL = [BEFORE, SEMINAR, CALL, CHRISTMAS]


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ({}, [CHRISTMAS, BEFORE, SEMINAR, CALL]),
        ({"order": "asc"}, [CALL, SEMINAR, BEFORE, CHRISTMAS]),
        ({"result": "Opened"}, [SEMINAR]),
        ({"contact": "003000000000002AAA"}, [CHRISTMAS]),
        ({"campaign": "Before Christmas"}, [BEFORE]),
        ({"period": "90"}, [CHRISTMAS, BEFORE]),
        ({"period": "90", "result": "Sent"}, [BEFORE]),
        ({"sort": "subject", "order": "asc"}, [CALL, SEMINAR, BEFORE, CHRISTMAS]),
        ({"sort": "form"}, [CALL, CHRISTMAS, BEFORE, SEMINAR]),
        ({"sort": "contact", "order": "asc"}, [CALL, BEFORE, SEMINAR, CHRISTMAS]),
        ({"sort": "result", "order": "asc"}, [CHRISTMAS, SEMINAR, BEFORE, CALL]),
        ({"sort": "opened"}, [SEMINAR, CHRISTMAS, BEFORE, CALL]),
        ({"sort": "clicked"}, [CHRISTMAS, BEFORE, SEMINAR, CALL]),
        ({"sort": "nonsense", "period": "ages", "page": "0"}, [CHRISTMAS, BEFORE, SEMINAR, CALL]),
    ],
    ids=str,
)
def test_rows_fit_and_follow_each_other(given_: dict[str, str], expected: list[Entry]) -> None:
    assert list(arrange(ALL, read_search(given_), at=NOW).entries) == expected


@pytest.mark.parametrize(
    ("acts", "result", "look"),
    [
        ({}, "Sent", ""),
        ({"opened": 9}, "Opened", ""),
        ({"opened": 9, "clicked": 1}, "Clicked", ""),
        ({"forwarded": 1, "opened": 1}, "Forwarded", ""),
        ({"opted_out": 1, "clicked": 1}, "Unsubscribed", "wait"),
        ({"bounce_codes": ["V"]}, "Sent", ""),
        ({"bounce_codes": ["F", "B"]}, "Bounced", "bad"),
        ({"bounce_codes": ["S"]}, "Suspended", "bad"),
    ],
    ids=str,
)
def test_the_strongest_result_is_told(acts: dict[str, Any], result: str, look: str) -> None:
    entry = entry_of(engagement(**acts))
    assert (entry.result, entry.look) == (result, look)
    assert entry.subject == f"Constant Contact: Market letter - {result}"
    assert entry.icon


def test_every_result_has_a_sign_and_an_opening_has_no_colour() -> None:
    assert {bounce_result([code]) for code in "BXZDSF?"} <= ICONS.keys()
    assert LOOKS.keys() <= ICONS.keys()
    assert "Opened" not in LOOKS


@pytest.mark.parametrize(("ticked", "expected"), [(True, False), (False, True), (None, True)])
def test_an_opt_out_is_told_where_the_box_is_not_ticked(
    ticked: bool | None,  # noqa: FBT001 -- a parameter of the table
    expected: bool,  # noqa: FBT001 -- a parameter of the table
) -> None:
    assert entry_of(engagement(opted_out=1, do_not_email=ticked)).is_not_ticked is expected
    assert not entry_of(engagement(do_not_email=ticked)).is_not_ticked


@given(
    form=st.sampled_from(list(FORMS)),
    period=st.sampled_from(list(PERIODS)),
    sort=st.sampled_from(list(COLUMNS)),
    order=st.sampled_from(["asc", "desc"]),
    page=st.integers(1, 9999),
    texts=st.tuples(st.text(max_size=9), st.text(max_size=9)),
)
def test_an_address_says_again_what_was_asked(texts: tuple[str, str], **given_: Any) -> None:
    search = Search(campaign=texts[0], result=texts[1], contact="003", **given_)
    told = dict(parse_qsl(search.address(page=search.page), keep_blank_values=True))
    assert read_search(told) == search


@given(
    rows=st.integers(0, 3 * COUNT),
    page=st.integers(1, 9),
)
def test_pages_show_each_row_once(rows: int, page: int) -> None:
    entries = [an_entry(f"Letter {number}", opened=number % 3) for number in range(rows)]
    first = arrange(entries, Search(sort="opened"), at=NOW)
    shown = [entry for number in range(1, 5) for entry in _page(entries, number, first.count)]
    assert sorted(entry.subject for entry in shown) == sorted(one.subject for one in entries)
    beyond = arrange(entries, Search(page=page), at=NOW)
    assert (beyond.later is None) == (beyond.search.page * COUNT >= rows)
    assert (beyond.earlier is None) == (beyond.search.page == 1)


def _page(entries: list[Entry], number: int, count: int) -> list[Entry]:
    if (number - 1) * COUNT >= count:
        return []
    return list(arrange(entries, Search(sort="opened", page=number), at=NOW).entries)
