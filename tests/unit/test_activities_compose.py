"""The words of an Interaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.constant_contact.results import subject_of
from bridge.mapping.interaction import EVENT_KINDS, EventKind
from bridge.mapping.names import InteractionNames
from reconciler.activities.compose import compose, fitted, result_of
from reconciler.activities.model import Mailing, Tally
from reconciler.activities.wording import Wording

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
SYDNEY = ZoneInfo("Australia/Sydney")
UTC_ZONE = ZoneInfo("UTC")
NAMES = InteractionNames(profile="custom", object="I__c", contact="P__c", subject="S", details="D")
MAILING = Mailing(
    campaign_activity_id=UUID(int=7),
    campaign_name="Market letter",
    subject="What  markets\ndid",
    from_name="Moran & Co",
    from_email="news@moran.example",
    permalink="https://conta.cc/abc",
    first_sent_at=NOON,
)


def tally(kind: EventKind, count: int = 1, hours: float = 0, **more: str) -> Tally:
    at = NOON + timedelta(hours=hours)
    return Tally(kind=kind, times=count, first_at=at, last_at=at, **more)


def details(*tallies: Tally, others: tuple[str, ...] = ()) -> list[str]:
    composed = compose(MAILING, tallies, zone=UTC_ZONE, details_max=32_000, others=others)
    return composed.details.splitlines()


@pytest.mark.parametrize(
    ("original", "words"),
    [
        pytest.param(NOON, "the mailing that was sent 2026-11-02 12:00", id="known"),
        pytest.param(None, "the first mailing", id="not read yet"),
    ],
)
def test_a_resend_says_of_what(original: datetime | None, words: str) -> None:
    resend = replace(MAILING, is_resend=True, original_sent_at=original)
    composed = compose(resend, [tally("open")], zone=UTC_ZONE, details_max=32_000)
    assert composed.subject == "Constant Contact: Market letter (resend) - Opened"
    assert f"Resend: to those who had not opened {words}\n" in composed.details


def test_a_tested_subject_line_is_one_of_two() -> None:
    tested = replace(MAILING, is_subject_test=True)
    composed = compose(tested, [tally("open")], zone=UTC_ZONE, details_max=32_000)
    assert "Subject line: What markets did (one of two that were tested;" in composed.details


@given(
    opens=st.lists(st.tuples(st.integers(1, 3), st.floats(0, 2)), min_size=1, max_size=3),
    others=st.lists(st.sampled_from(["Ann", "Ben"]), max_size=2),
)
def test_what_is_worded_once_reads_as_if_worded_each_time(
    opens: list[tuple[int, float]], others: list[str]
) -> None:
    wording = Wording(MAILING, NAMES, zone=SYDNEY, details_max=1000)
    for _ in range(2):
        for count, hours in opens:
            tallies = (tally("send"), tally("open", count=count, hours=hours))
            plainly = compose(MAILING, tallies, zone=SYDNEY, details_max=1000, others=others)
            assert wording.of(tallies, tuple(others)).words == plainly


@pytest.mark.parametrize(
    ("tallies", "result"),
    [
        pytest.param([tally("send")], "Sent", id="sent"),
        pytest.param([tally("send"), tally("open")], "Opened", id="opened"),
        pytest.param([tally("open"), tally("forward")], "Forwarded", id="forwarded"),
        pytest.param([tally("forward"), tally("click")], "Clicked", id="clicked"),
        pytest.param([tally("click"), tally("optout")], "Unsubscribed", id="unsubscribed"),
        pytest.param([tally("send"), tally("bounce", bounce_code="B")], "Bounced", id="bounced"),
        pytest.param([tally("bounce", bounce_code="D")], "Undeliverable", id="undeliverable"),
        pytest.param([tally("bounce", bounce_code="F")], "Mailbox full", id="mailbox full"),
        pytest.param([tally("bounce", bounce_code="S")], "Suspended", id="suspended"),
        pytest.param([tally("bounce", bounce_code="V")], "Sent", id="automatic reply"),
        pytest.param([tally("bounce", bounce_code="Q")], "Bounced", id="unknown code"),
        pytest.param([tally("bounce")], "Bounced", id="no code"),
        pytest.param(
            [tally("bounce", bounce_code="F"), tally("open")], "Opened", id="arrived later"
        ),
    ],
)
def test_the_strongest_result_is_named(tallies: list[Tally], result: str) -> None:
    assert result_of(tallies) == result


def test_details_tell_what_people_ask_for() -> None:
    assert details(
        tally("send"),
        tally("open", count=3, hours=1),
        tally("click", count=2, hours=2, link_url="https://example.com/b"),
        tally("click", hours=3, link_url="https://example.com/a"),
        tally("forward", hours=4),
        others=("Ben Moran", "Ann Moran"),
    ) == [
        "Campaign: Market letter",
        "Subject line: What markets did",
        "From: Moran & Co (news@moran.example)",
        "Sent: 2026-11-02 12:00 (UTC)",
        "First activity: 2026-11-02 13:00",
        "Last activity: 2026-11-02 16:00",
        "Opened 3 times (may be automatic)",
        "Clicked 3 times:",
        "- https://example.com/b: 2 times",
        "- https://example.com/a: once",
        "Forwarded once",
        "Others at this address who were sent it too: Ann Moran, Ben Moran",
        "Read it: https://conta.cc/abc",
    ]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("B", "Bounced: the address does not exist (2026-11-02 12:00)"),
        ("D", "Undeliverable: the receiving server could not be reached (2026-11-02 12:00)"),
        ("F", "Not delivered for now: the mailbox is full (temporary) (2026-11-02 12:00)"),
        ("V", "Delivered: an automatic reply came back (2026-11-02 12:00)"),
        ("X", "Bounced: for another reason (2026-11-02 12:00)"),
    ],
)
def test_a_bounce_is_told_with_its_meaning(code: str, words: str) -> None:
    assert words in details(tally("send"), tally("bounce", bounce_code=code))


def test_an_opt_out_says_that_no_box_is_ticked() -> None:
    lines = details(tally("optout", reason="Too\nmany"))
    assert "Unsubscribed there; Do Not Email in Practifi is not ticked (2026-11-02 12:00)" in lines
    assert "Reason given: Too many" in lines


def test_times_are_those_of_the_zone() -> None:
    composed = compose(MAILING, [tally("send")], zone=SYDNEY, details_max=32_000)
    assert "Sent: 2026-11-02 23:00 (Australia/Sydney)" in composed.details


def test_an_event_alone_has_its_own_time() -> None:
    composed = compose(MAILING, [tally("open", hours=5)], zone=UTC_ZONE, details_max=32_000)
    assert "Sent: 2026-11-02 12:00 (UTC)" in composed.details


def test_what_is_not_known_is_left_out() -> None:
    bare = Mailing(campaign_activity_id=UUID(int=7), campaign_name="Market letter")
    composed = compose(bare, [tally("open")], zone=UTC_ZONE, details_max=32_000)
    assert composed.details.splitlines() == [
        "Campaign: Market letter",
        "First activity: 2026-11-02 12:00",
        "Last activity: 2026-11-02 12:00",
        "Opened once (may be automatic)",
    ]


def test_the_longest_part_is_cut_first_and_says_so() -> None:
    clicks = [
        tally("click", link_url=f"https://example.com/{number:04}/{'x' * 80}")
        for number in range(40)
    ]
    composed = compose(
        MAILING, [tally("send"), tally("optout"), *clicks], zone=UTC_ZONE, details_max=1000
    )
    assert len(composed.details) <= 1000
    assert "Unsubscribed there; Do Not Email in Practifi is not ticked" in composed.details
    assert composed.details.splitlines()[-1] == "Read it: https://conta.cc/abc"
    assert composed.details.count("… (cut)") == 1


texts = st.text(max_size=300)
moments = st.integers(0, 10**6).map(lambda seconds: NOON + timedelta(seconds=seconds))


@st.composite
def a_tally(draw: st.DrawFn) -> Tally:
    first, last = sorted((draw(moments), draw(moments)))
    kind = draw(st.sampled_from(EVENT_KINDS))
    return Tally(
        kind=kind,
        times=draw(st.integers(1, 9)),
        first_at=first,
        last_at=last,
        link_url=draw(texts) if kind == "click" else None,
        bounce_code=draw(st.sampled_from("BDFSVXZQ")) if kind == "bounce" else None,
        reason=draw(st.none() | texts) if kind == "optout" else None,
    )


tallies_of_any_kind = st.lists(a_tally(), min_size=1, max_size=30)


@given(
    tallies=tallies_of_any_kind,
    name=texts,
    subject=st.text(max_size=3000),
    details_max=st.integers(1000, 4000),
    subject_max=st.integers(60, 255),
)
def test_no_text_is_longer_than_its_field(
    tallies: list[Tally], name: str, subject: str, details_max: int, subject_max: int
) -> None:
    mailing = Mailing(campaign_activity_id=UUID(int=7), campaign_name=name, subject=subject)
    composed = compose(
        mailing, tallies, zone=SYDNEY, details_max=details_max, subject_max=subject_max
    )
    assert len(composed.details) <= details_max
    assert len(composed.subject) <= subject_max
    assert composed.subject.startswith("Constant Contact: ")
    assert composed.subject.endswith(f" - {result_of(tallies)}")


@given(tallies=tallies_of_any_kind, data=st.data())
def test_the_same_events_in_any_order_have_the_same_words(
    tallies: list[Tally], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(tallies))
    compositions = {
        compose(MAILING, each, zone=SYDNEY, details_max=2000) for each in (tallies, shuffled)
    }
    assert len(compositions) == 1


@given(blocks=st.lists(texts, max_size=12), most=st.integers(100, 1000))
def test_blocks_fit_and_are_cut_no_more_than_needed(blocks: list[str], most: int) -> None:
    whole = "\n".join(block for block in blocks if block)
    text = fitted(blocks, most)
    assert len(text) <= most
    if len(whole) <= most:
        assert text == whole
    else:
        assert "… (cut)" in text


def test_the_result_outlasts_a_long_name() -> None:
    subject = subject_of("x" * 400, "Unsubscribed")
    assert len(subject) == 255
    assert subject.endswith("x… - Unsubscribed")


def test_every_kind_has_a_result() -> None:
    for kind in get_args(EventKind):
        assert result_of([tally(kind)])
