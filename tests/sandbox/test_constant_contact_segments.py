"""Segments: kept as they were sent, and computed when their contacts are asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fix_sandbox import RunningSandbox


def criteria(field: str, op: str, value: object) -> str:
    return json.dumps(
        {
            "version": "1.0.0",
            "criteria": {
                "type": "and",
                "group": [{"source": "contacts", "field": field, "op": op, "value": value}],
            },
        }
    )


def make(sandbox: RunningSandbox, text: str, name: str = "Castellane") -> dict[str, Any]:
    body = {"name": name, "segment_criteria": text}
    answer = sandbox.constant_contact("POST", "/segments", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def names(sandbox: RunningSandbox, segment_id: int) -> list[str]:
    answer = sandbox.constant_contact("GET", "/contacts", segment_id=segment_id)
    assert answer.status_code == 200, answer.text
    return [contact["last_name"] for contact in answer.json()["contacts"]]


@pytest.mark.rule("cc-segment-id-number", "cc-segment-criteria-text")
def test_a_segment_is_kept_as_it_was_sent(sandbox: RunningSandbox) -> None:
    text = criteria("last_name", "eq", "castellane")
    made = make(sandbox, text)
    assert (type(made["segment_id"]), made["segment_criteria"]) == (int, text)
    path = f"/segments/{made['segment_id']}"
    assert sandbox.constant_contact("GET", path).json() == made
    changed = {"name": "Oyelaran", "segment_criteria": criteria("last_name", "eq", "Oyelaran")}
    assert sandbox.constant_contact("PUT", path, changed).json()["name"] == "Oyelaran"
    assert names(sandbox, made["segment_id"]) == ["Oyelaran"]
    answer = sandbox.constant_contact("PATCH", f"{path}/name", {"name": "Others"})
    assert (answer.status_code, answer.json()["name"]) == (200, "Others")
    assert sandbox.constant_contact("DELETE", path).status_code == 204
    assert sandbox.constant_contact("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("field", "op", "value", "found"),
    [
        pytest.param("last_name", "eq", "Castellane", ["Castellane"], id="equal"),
        pytest.param("email", "contains", "marta", ["Oyelaran"], id="contains"),
        pytest.param(
            "first_name", "contains-any", ["Ivo", "Otis"], ["Castellane", "Feldgrau"], id="any"
        ),
        pytest.param("first_name", "like", "Ivo", [], id="an operator that is not understood"),
    ],
)
def test_contacts_are_those_that_meet_the_criteria(
    sandbox: RunningSandbox, field: str, op: str, value: object, found: list[str]
) -> None:
    segment = make(sandbox, criteria(field, op, value))
    assert names(sandbox, segment["segment_id"]) == found


@pytest.mark.rule("cc-segment-202")
def test_contacts_come_once_they_are_computed(sandbox: RunningSandbox) -> None:
    sandbox.control("PUT", "/constant-contact/policy", {"segment_takes_s": 60})
    segment = make(sandbox, criteria("last_name", "eq", "Castellane"))
    answer = sandbox.constant_contact("GET", "/contacts", segment_id=segment["segment_id"])
    assert answer.status_code == 202
    assert answer.json()["status"]
    sandbox.advance(61)
    assert names(sandbox, segment["segment_id"]) == ["Castellane"]


@pytest.mark.rule("cc-segment-alone")
def test_a_segment_goes_with_no_other_filter(sandbox: RunningSandbox) -> None:
    segment_id = make(sandbox, criteria("last_name", "ne", "x"))["segment_id"]
    query: dict[str, Any] = {"segment_id": segment_id}
    answer = sandbox.constant_contact("GET", "/contacts", status="all", **query)
    assert answer.status_code == 400
    first = sandbox.constant_contact("GET", "/contacts", limit=3, **query).json()
    assert len(first["contacts"]) == 3
    second = sandbox.constant_contact("GET", first["_links"]["next"]["href"]).json()
    both = [one["contact_id"] for one in (*first["contacts"], *second["contacts"])]
    assert len(set(both)) == 6


@pytest.mark.rule("cc-segment-name-unique")
def test_the_name_of_a_segment_is_its_own(sandbox: RunningSandbox) -> None:
    make(sandbox, criteria("last_name", "eq", "x"))
    body = {"name": "castellane", "segment_criteria": "{}"}
    assert sandbox.constant_contact("POST", "/segments", body).status_code == 409


@pytest.mark.parametrize("text", ["", "[]", "x", "{" * 5, 7, json.dumps("x" * 20_001)])
def test_what_are_no_criteria_is_refused(sandbox: RunningSandbox, text: object) -> None:
    body = {"name": "A", "segment_criteria": text}
    assert sandbox.constant_contact("POST", "/segments", body).status_code == 400


def test_segments_are_listed_page_by_page(sandbox: RunningSandbox) -> None:
    for name in ("B", "A", "C"):
        make(sandbox, "{}", name)
    first = sandbox.constant_contact("GET", "/segments", limit=2, sort_by="name").json()
    second = sandbox.constant_contact("GET", first["_links"]["next"]["href"]).json()
    assert [one["name"] for one in (*first["segments"], *second["segments"])] == ["A", "B", "C"]
    assert "_links" not in second
