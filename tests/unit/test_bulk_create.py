"""Putting many people on a list: why not, what was pasted, what a filter asks, what it costs."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.bulk_create.model import Facts
from bridge.bulk_create.pasted import read_pasted
from bridge.bulk_create.preview import Preview
from bridge.bulk_create.reasons import why_not
from bridge.bulk_create.search import pattern_of
from bridge.console.pages.bulk.cost import calls_of, cost_of
from bridge.console.pages.bulk.result import outcome_of
from bridge.console.times import Times
from bridge.constant_contact.allowance import Limits
from bridge.constant_contact.spending import Spending
from bridge.errors import MappingError
from bridge.mapping.model import Filter
from tests.unit.mapping_builders import a_mapping

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
MARCH = datetime(2026, 3, 3, 9, tzinfo=UTC)

REASONS: list[tuple[dict[str, Any], str | None]] = [
    ({}, None),
    ({"permission": "pending_confirmation"}, None),
    ({"is_there": False, "is_member": True}, "Deleted in Practifi"),
    ({"is_member": True, "do_not_email": True}, "Already on this list"),
    ({"email_key": None, "typed_address": " "}, "No e-mail address in Practifi"),
    ({"email_key": None, "typed_address": "ann at home"}, "Address not valid"),
    ({"do_not_email": True, "opted_out_by": "person"}, "Do Not Email is ticked"),
    ({"sharer_ticked": True}, "Do Not Email is ticked for another contact at this address"),
    ({"do_not_email": None}, "Do Not Email is not known"),
    (
        {"opted_out_by": "complaint", "opted_out_at": MARCH},
        "Reported as spam by the person on 3 Mar 2026",
    ),
    (
        {"opted_out_by": "person", "opted_out_at": MARCH, "opt_out_source": "Account"},
        "Unsubscribed by the person on 3 Mar 2026",
    ),
    (
        {
            "opted_out_by": "firm",
            "opted_out_at": NOON,
            "permission": "unsubscribed",
            "opt_out_source": "Contact",
            "opted_out_there_at": MARCH,
        },
        "Unsubscribed by the person on 3 Mar 2026",
    ),
    ({"opted_out_by": "firm"}, "Unsubscribed by the firm"),
    ({"left_at": MARCH, "left_out": "the person has died"}, "Left this list on 3 Mar 2026"),
    ({"left_out": "the person has died", "lists_there": 50}, "the person has died"),
    ({"lists_there": 50}, "Already on 50 lists"),
    ({"lists_there": 49}, None),
]


@pytest.mark.parametrize(("facts", "reason"), REASONS, ids=str)
def test_the_first_reason_that_holds_is_told(facts: dict[str, Any], reason: str | None) -> None:
    known = {"email_key": "ann@example.org"} | facts
    assert why_not(Facts(contact_id="003", list_id="a01", name="Ann", **known)) == reason


@given(st.text())
def test_whatever_is_pasted_is_read(text: str) -> None:
    found = read_pasted(text)
    again = read_pasted("\n".join([*found.addresses, *found.ids]))
    assert set(again.ids) == set(found.ids)
    assert len(set(found.addresses)) == len(found.addresses)
    assert found.strange <= len(text.splitlines())


def test_a_table_that_is_pasted_gives_its_addresses() -> None:
    text = "Name\tE-mail\nAda\tADA@example.org\n\nBen\t(ben@example.org)\nada@example.org\n"
    assert read_pasted(text) == (["ada@example.org", "ben@example.org"], [], 1)


@given(st.text(alphabet=st.characters(codec="ascii", exclude_characters=","), min_size=1))
def test_a_filter_finds_the_very_text_that_was_typed(text: str) -> None:
    if text.strip() and text.strip().lower() != "(empty)":
        assert re.search(pattern_of(text), f"in front {text.strip()} behind")


def test_a_filter_without_a_field_or_with_a_second_label_is_a_fault() -> None:
    with pytest.raises(MappingError) as raised:
        a_mapping(
            head="filters:\n  - {field: $nothing, label: It}\n  - {field: Title, label: it}\n"
        )
    assert raised.value.faults == [
        "contact.yaml:5:13: names.yaml has no name nothing for this object",
        "contact.yaml:6:27: another filter has this label already: write another",
    ]


def test_filters_are_read_with_the_contact_and_sent_nowhere() -> None:
    contact = a_mapping(head="filters:\n  - {field: Department, label: Team}\n").contact
    assert contact.filters == (Filter(path="Department", label="Team"),)
    assert "Department" not in contact.paths


def spending(used: int = 0, **backlog: int) -> Spending:
    return Spending(
        application_id=1,
        limits=Limits(),
        moment=NOON,
        used=used,
        paused_until=None,
        users=(),
        backlog={2: backlog.get("backlog", 0)},
    )


@pytest.mark.parametrize(
    ("used", "zone", "words"),
    [
        (0, "UTC", "daily allowance is enough"),
        (10_000, "UTC", "ends tomorrow 00:00"),
        (10_000, "America/New_York", "ends today 19:00"),
    ],
)
def test_the_cost_says_whether_the_allowance_is_enough(used: int, zone: str, words: str) -> None:
    found = Preview(added=50, addresses=50, new_there=50)
    cost = cost_of(found, spending(used), Times(zone))
    assert (cost.calls, cost.words) == (100, words)


def test_what_waits_already_goes_first() -> None:
    found = Preview(added=1, addresses=1, new_there=1)
    alone, behind = (cost_of(found, spending(backlog=many), Times()) for many in (0, 1000))
    assert (alone.ends, alone.calls) == ("12:00", 2)
    assert (behind.ends, behind.calls) == ("12:08", 2)


@given(st.integers(101, 100_000))
def test_many_cost_far_fewer_calls_than_people(addresses: int) -> None:
    assert calls_of(addresses, addresses // 2) < addresses / 4


def test_the_bar_is_never_wider_than_all() -> None:
    found = outcome_of([("confirmed", None, 1), ("waiting", None, 1), ("failed", "x", 1)])
    assert sum(width for *_, width in found.bar) <= 1000
    assert outcome_of([]).bar == [("confirmed", 0, 0), ("waiting", 0, 0), ("failed", 0, 0)]
