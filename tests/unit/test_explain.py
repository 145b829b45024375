"""The order of the checks: the first that fails is the cause, and none behind it is asked."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.connections.model import Connection
from bridge.explain.causes import ADVICE, ALL_WELL, advice
from bridge.explain.examine import TABLES, examine, explain
from bridge.explain.model import Finding, Record, Snapshot, Work
from bridge.explain.people import takes_part
from bridge.explain.text import as_json, lines

if TYPE_CHECKING:
    from bridge.explain.model import Look

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRM = Connection(id=1, name="firm", state="active")
ASKED = Snapshot(asked="a@example.org", asked_kind="address", about="person", at=AT)
EXPLAIN = Path(__file__).parents[2] / "bridge" / "explain"


def look(found: Finding | None) -> Look:
    return lambda _: found


def never(_: Snapshot) -> Finding | None:
    raise AssertionError("asked behind the first that fails")


FOUND = st.sampled_from([Finding(), None, Finding(cause="box_ticked"), Finding(cause="refused")])


@given(st.lists(FOUND))
def test_the_first_failing_check_is_the_cause(found: list[Finding | None]) -> None:
    causes = [each.cause for each in found if each is not None and each.cause is not None]
    explanation = examine(ASKED, [(str(n), look(each)) for n, each in enumerate(found)])
    assert explanation.cause == next(iter(causes), None)
    assert explanation.what_to_do == (ADVICE[causes[0]] if causes else ALL_WELL)
    states = [check.state for check in explanation.checks]
    assert states.count("failing") == bool(causes)
    assert all(after == "not_reached" for before, after in pairwise(states) if before != "ok")


def test_whom_the_organization_marks_is_told_by_which_field() -> None:
    record = Record(
        kind="contact",
        sf_id="0035g00000QrStUAAV",
        source="read",
        seen_at=AT,
        left_out="the person has died",
        marks=("Deceased__c",),
    )
    found = takes_part(replace(ASKED, record=record))
    assert found == Finding(
        facts={"reason": "the person has died", "marked by": "Deceased__c"}, cause="left_out"
    )


def test_no_check_is_asked_behind_the_first_that_fails() -> None:
    table = [("one", look(Finding())), ("two", look(Finding(cause="refused"))), ("three", never)]
    checks = examine(ASKED, table).checks
    assert [(check.name, check.state) for check in checks] == [
        ("one", "ok"),
        ("two", "failing"),
        ("three", "not_reached"),
    ]


def test_a_check_that_has_nothing_to_say_is_left_out() -> None:
    table = [("one", look(None)), ("two", look(Finding()))]
    assert [check.name for check in examine(ASKED, table).checks] == ["two"]


def test_the_record_comes_before_what_waits_for_it() -> None:
    work = Work(
        kind="address",
        key="a@example.org",
        lane=2,
        is_dirty=True,
        due_at=AT,
        attempts=0,
        blocked_reason="refused there",
        lease_until=None,
        bulk_activity_id=None,
        waits_because=None,
    )
    record = Record(kind="contact", sf_id="003A", source="message", seen_at=AT, deleted_at=AT)
    known = replace(ASKED, connection=FIRM, mapping_version=1, record=record, work=work)
    assert explain(known).cause == "record_deleted"
    assert explain(replace(known, record=replace(record, deleted_at=None))).cause == "no_email"
    assert explain(replace(known, mapping_version=None)).cause == "record_deleted"
    paused = replace(FIRM, state="paused")
    assert explain(replace(known, connection=paused)).cause == "connection_paused"


def test_every_cause_that_a_check_names_has_advice_and_none_is_idle() -> None:
    text = "".join(
        path.read_text("utf-8") for path in EXPLAIN.glob("*.py") if path.stem != "causes"
    )
    named = {cause for cause in ADVICE if f'"{cause}"' in text}
    named |= {f"{job}_{end}" for job in ("run",) for end in ("failed", "cancelled")}
    named |= {"connection_unconnected", "connection_paused"}
    assert set(ADVICE) == named
    assert set(re.findall(r'cause="(\w+)"', text)) <= set(ADVICE)


@pytest.mark.parametrize("cause", ADVICE)
def test_every_advice_is_one_line_that_says_what_to_do(cause: str) -> None:
    said = advice(cause, {})
    assert said == said.strip()
    assert "\n" not in said
    assert "{" not in said


def test_check_names_are_unique_within_each_table() -> None:
    for table in TABLES.values():
        names = [name for name, _ in table]
        assert len(names) == len(set(names))


def test_text_marks_the_failing_check_and_json_has_its_keys() -> None:
    found = Finding(facts={"by": "003B", "written": "two\nlines"}, cause="box_ticked_by_sharer")
    explanation = examine(ASKED, [("box", look(found)), ("room", never)])
    assert list(lines(explanation)) == [
        "a@example.org: kind: address",
        "FAILS  box                  by: 003B, written: two\\nlines",
        "-      room                 not reached",
        "cause                       box_ticked_by_sharer",
        "what to do                  give the two people addresses of their own, or untick 003B",
    ]
    found_json = as_json(explanation)
    assert set(found_json) == {"subject", "checks", "cause", "what_to_do"}
    assert set(found_json["checks"][0]) == {"name", "state", "facts", "at"}
