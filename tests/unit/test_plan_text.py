"""A plan as people read it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.plans.difference import outcome_lines
from bridge.plans.model import SIGNS, StoredStep
from bridge.plans.text import counters_line, plan_lines, result_line, shown, total_line

NAMES = {"a0L000000000001AAA": "Clients", "11111111-1111-1111-1111-111111111111": "Clients"}


def a_step(**values: Any) -> StoredStep:
    return StoredStep(
        **{
            "connection_id": 1,
            "plan_id": 1,
            "ordinal": 0,
            "key": "key",
            "kind": "update_contact",
            "subject_kind": "address",
            "subject_key": "ann@example.com",
            "body": {},
            "cc_id": None,
            "change": {},
            "calls": 1,
            "facts": b"",
            "mapping_version_id": 1,
            "reason": "the record changed",
            "state": "planned",
            "outcome": None,
            **values,
        }
    )


def lines(*steps: StoredStep, colour: bool = False) -> list[str]:
    return list(plan_lines(steps, names=NAMES, colour=colour))


def test_a_plan_is_read_line_by_line() -> None:
    assert lines(
        a_step(
            kind="create_list",
            subject_kind="list",
            subject_key="a0L000000000001AAA",
            reason="it is new in Practifi",
        ),
        a_step(
            kind="create_contact",
            change={"list_memberships": ([], ["11111111-1111-1111-1111-111111111111"])},
        ),
        a_step(
            subject_key="bo@example.com", change={"first_name": ("B", "Bo"), "job_title": ("x", "")}
        ),
        a_step(kind="unsubscribe", reason="Do Not Email is ticked"),
        a_step(kind="delete_contact", reason="the record is gone"),
    ) == [
        "Lists",
        "  + add      Clients  it is new in Practifi",
        "Contacts",
        "  + add      ann@example.com  the record changed",
        "      lists: (none) -> Clients",
        "  ~ change   bo@example.com   the record changed",
        "      first name: B -> Bo",
        "      job title:  x -> (none)",
        "  ! opt-out  ann@example.com  Do Not Email is ticked",
        "  - remove   ann@example.com  the record is gone",
    ]


def test_an_interaction_goes_by_its_subject() -> None:
    step = a_step(
        kind="create_interaction",
        subject_kind="interaction",
        subject_key="0f:1",
        body={"Subject": "Constant Contact: Spring - Clicked"},
    )
    assert lines(step)[1] == "  + add      Constant Contact: Spring - Clicked  the record changed"


def test_colours_stand_only_where_a_terminal_shows_them() -> None:
    assert "\x1b" not in "".join(lines(a_step()))
    assert "\x1b[33m~ change " in lines(a_step(), colour=True)[1]


@given(text=st.text())
def test_no_value_of_others_moves_the_cursor(text: str) -> None:
    printed = lines(
        a_step(subject_key=text, reason=text, change={text: (text, [text, {text: text}])})
    )
    assert all(character.isprintable() for line in printed for character in line)


@pytest.mark.parametrize(
    ("totals", "line"),
    [
        pytest.param({}, "No differences.", id="nothing stored"),
        pytest.param({"steps": 0, "calls": 0}, "No differences.", id="empty"),
        pytest.param(
            {"steps": 7, "by_sign": {"add": 3, "change": 2, "remove": 1, "opt-out": 1}, "calls": 7},
            "Plan: 3 to add, 2 to change, 1 to remove, 1 opt-out; about 7 calls.",
            id="of everything",
        ),
        pytest.param(
            {"steps": 2, "by_sign": {"opt-out": 2}, "calls": 1},
            "Plan: 0 to add, 0 to change, 0 to remove, 2 opt-outs; about 1 call.",
            id="one call",
        ),
    ],
)
def test_one_line_says_what_it_comes_to(totals: dict[str, Any], line: str) -> None:
    assert total_line(totals) == line


@given(counts=st.fixed_dictionaries({sign: st.integers(0, 9) for sign in SIGNS}))
def test_the_total_names_each_count(counts: dict[str, int]) -> None:
    line = total_line({"steps": sum(counts.values()), "by_sign": counts, "calls": 0})
    assert (line == "No differences.") == (not any(counts.values()))
    if any(counts.values()):
        assert line.startswith(f"Plan: {counts['add']} to add, {counts['change']} to change, ")


def test_counters_name_their_reasons_in_order() -> None:
    counters = {
        "read": 9,
        "unchanged": 3,
        "planned": 1,
        "skipped": {"no membership": 3, "no address": 1},
        "rejected": {"too long": 1},
    }
    assert counters_line(counters) == (
        "Read 9: 3 unchanged, 1 planned, 4 skipped (no address 1, no membership 3), "
        "1 rejected (too long 1)."
    )
    assert counters_line({}) == ""


def test_the_result_names_what_did_not_end_well() -> None:
    steps = [a_step(state="confirmed"), a_step(state="refused", outcome="it changed meanwhile")]
    assert result_line({"confirmed": 1, "refused": 1}) == "Done: 1 confirmed, 1 refused, 0 failed."
    assert list(outcome_lines(steps, {})) == ["  refused  ann@example.com: it changed meanwhile"]


def test_a_long_value_is_cut() -> None:
    assert len(shown("x" * 5_000)) == 120
