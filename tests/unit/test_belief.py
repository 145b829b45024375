"""What is believed of two states of a record that have the stamp of one second."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.consent.box import Box
from bridge.mapping.names import ContactNames
from bridge.mirror.belief import believe, join, late_tick, tick_between
from bridge.mirror.model import PractifiRow

READ = PractifiRow(
    connection_id=1,
    kind="contact",
    sf_id="0035g000000IodAAAS",
    source="read",
    modstamp=datetime(2026, 3, 1, tzinfo=UTC),
    email_key="ada@example.org",
    do_not_email=False,
    fields={"Email": "ada@example.org", "LastName": "Moran", "Account.Name": "Moran"},
)
TOLD = replace(READ, source="message", unknown_fields=("Account.Name",), fields={})


def test_a_message_that_repeats_what_was_read_puts_nothing_in_doubt() -> None:
    told = replace(TOLD, fields={"Email": "ada@example.org", "LastName": "Moran"})
    assert join(told, READ, [told], is_overtaken=False)[1] == READ


def test_a_field_that_may_have_been_cleared_within_the_second_is_read_again() -> None:
    told = replace(
        TOLD, email_key=None, unknown_fields=("Account.Name", "Email"), fields={"LastName": "Moran"}
    )
    _, whole = join(told, READ, [told], is_overtaken=False)
    assert "Email" in whole.unknown_fields
    assert whole.email_key == "ada@example.org"


NAMES = ContactNames(object="Contact", email="Email", do_not_email="HasOptedOutOfEmail")
STAMP = datetime(2026, 3, 1, tzinfo=UTC)
UNTICKS = {
    "was ticked": (Box(ticked=True), None, True),
    "has a stamp, and had none": (Box(ticked=False), STAMP, True),
    "has a newer stamp": (Box(ticked=False, stamp=STAMP - timedelta(days=1)), STAMP, True),
    "has the stamp that is known": (Box(ticked=False, stamp=STAMP), STAMP, False),
    "was clear": (Box(ticked=False), None, False),
    "is seen for the first time": (None, STAMP, False),
}


@pytest.mark.parametrize(("before", "stamp", "is_in_doubt"), UNTICKS.values(), ids=UNTICKS)
def test_a_message_alone_unticks_nothing(
    before: Box | None, stamp: datetime | None, *, is_in_doubt: bool
) -> None:
    told = replace(READ, source="message", resubscribe_at=stamp)
    believed, _ = believe(told, told, READ, before, NAMES)
    assert (believed.do_not_email is None) == is_in_doubt
    read = replace(told, source="read")
    assert believe(read, read, READ, before, NAMES)[0].do_not_email is False


def at(second: int, *, ticked: bool | None) -> PractifiRow:
    """Return what a message told of a second."""
    modstamp = STAMP + timedelta(seconds=second)
    return replace(TOLD, modstamp=modstamp, do_not_email=ticked)


BEFORE, TICK, CLEAR = at(1, ticked=False), at(2, ticked=True), at(3, ticked=False)
BETWEEN = {
    "ticked, and clear again": ([BEFORE, TICK, CLEAR], BEFORE, TICK),
    "in whatever order they came": ([CLEAR, TICK], None, TICK),
    "both in one second": ([at(3, ticked=True), CLEAR], BEFORE, at(3, ticked=True)),
    "still ticked": ([TICK, at(3, ticked=True)], BEFORE, None),
    "ticked before what is known": ([TICK, at(4, ticked=False)], CLEAR, None),
    "never ticked": ([BEFORE, CLEAR], None, None),
    "not told": ([TICK, at(3, ticked=None)], BEFORE, None),
}


@pytest.mark.parametrize(("told", "known", "tick"), BETWEEN.values(), ids=BETWEEN)
def test_a_tick_is_seen_though_a_newer_state_shows_it_no_more(
    told: list[PractifiRow], known: PractifiRow | None, tick: PractifiRow | None
) -> None:
    newest = max(told, key=lambda row: (row.modstamp, row is CLEAR))
    assert tick_between(newest, known, told) == tick


def test_a_tick_is_seen_though_another_state_of_its_second_leaves_it_in_doubt() -> None:
    told = [at(2, ticked=False), TICK]
    assert tick_between(TICK, None, told) is None
    assert tick_between(TICK, None, told, is_in_doubt=True) == TICK


@pytest.mark.parametrize("is_on_record", [False, True])
def test_a_tick_from_before_what_is_known_is_seen_unless_one_is_on_record(
    *, is_on_record: bool
) -> None:
    found = late_tick(CLEAR, [BEFORE, TICK, at(4, ticked=True)], is_on_record=is_on_record)
    assert found == (None if is_on_record else TICK)
    assert late_tick(at(3, ticked=True), [TICK], is_on_record=False) is None
    assert late_tick(at(3, ticked=None), [TICK], is_on_record=False) is None
