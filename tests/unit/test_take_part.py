"""`take_part: standard`: whom the organization marks as dead, inactive or former takes no part."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bridge.doctor.live import compare
from bridge.doctor.people import marks_in
from bridge.edits.loosening import loosened
from bridge.mapping.compiled import load_mapping
from bridge.mapping.marks import PEOPLE, Mark, marks_of, told
from tests.unit.live_builders import a_field, described, facts_of
from tests.unit.mapping_builders import a_mapping, contact_yaml, files_with

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf

    from bridge.mapping.model import ContactMapping

DIED = Mark(path="Deceased__c", reason="the person has died", is_box=True)
DAY = Mark(path="Date_of_Death__c", reason="the person has died")
FORMER = Mark(path="Account.Type", reason="a former client", values=("Former", "Ex-client"))
MARKS = (DIED, DAY, FORMER)


def found(contact: Any = None, client: Any = None, profile: str = "practifi") -> list[str]:
    objects = described()
    objects["Contact"]["fields"] += [contact] if contact else []
    objects["Account"]["fields"] += [client] if client else []
    return [str(mark) for mark in marks_in(a_mapping(profile=profile).names, objects.get)]


def mapped(marks: tuple[Mark, ...] | None = MARKS, head: str = "") -> ContactMapping:
    files = files_with(contact=contact_yaml("", head))
    particulars = {PEOPLE: None if marks is None else [mark.as_json() for mark in marks]}
    return load_mapping(files, profile="practifi", overrides=particulars).contact


@pytest.mark.parametrize(
    ("field", "mark"),
    [
        (a_field("Deceased__c", "boolean"), "Deceased__c: the person has died"),
        (a_field("practifi__Is_Deceased__c", "boolean"), "practifi__Is_Deceased__c: the person"),
        (a_field("npsp__Deceased__c", "boolean"), "npsp__Deceased__c: the person has died"),
        (a_field("Date_of_Death__c", "date"), "Date_of_Death__c: the person has died"),
        (a_field("Inactive__c", "boolean"), "Inactive__c: marked as inactive"),
        (a_field("Status__c", "picklist", "Active", "Inactive"), "Status__c (Inactive): marked"),
        (
            a_field("Client_Stage__c", "picklist", "P=Prospect", "X=Former Client"),
            "Client_Stage__c (X): a former client",
        ),
    ],
    ids=lambda value: value["name"] if isinstance(value, dict) else "",
)
def test_a_field_that_marks_people_is_found(field: dict[str, Any], mark: str) -> None:
    [one] = found(contact=field)
    assert one.startswith(mark)


@pytest.mark.parametrize(
    "field",
    [
        pytest.param(a_field("Deceased__c", "string"), id="a text"),
        pytest.param(a_field("other__Deceased__c", "boolean"), id="another package"),
        pytest.param(a_field("Deceased_Spouse__c", "boolean"), id="another name"),
        pytest.param(a_field("Status__c", "picklist", "Active", "New"), id="no such value"),
        pytest.param(a_field("Mood__c", "picklist", "Former"), id="another picklist"),
        pytest.param(a_field("Active__c", "boolean"), id="a box that is empty for everybody"),
    ],
)
def test_what_does_not_surely_mark_people_is_passed_over(field: dict[str, Any]) -> None:
    assert found(contact=field) == []


def test_the_client_is_looked_at_by_way_of_the_contact_and_the_dead_come_first() -> None:
    client = a_field("FinServ__Status__c", "picklist", "Former", "Inactive")
    assert found(a_field("Deceased__c", "boolean"), client) == [
        "Deceased__c: the person has died",
        "Account.FinServ__Status__c (Inactive): marked as inactive",
        "Account.FinServ__Status__c (Former): a former client",
    ]


def test_an_organization_without_such_fields_marks_nobody() -> None:
    assert [found(profile=profile) for profile in ("practifi", "bridge", "plain")] == [[], [], []]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"Deceased__c": "true"}, "the person has died"),
        ({"Date_of_Death__c": "2020-01-31"}, "the person has died"),
        ({"Account.Type": "Ex-client"}, "a former client"),
        ({"Deceased__c": "false", "Date_of_Death__c": None, "Account.Type": "Client"}, None),
        ({"Account": None}, None),
    ],
)
def test_whoever_is_marked_takes_no_part(
    record: MappingOf[str, str | None], reason: str | None
) -> None:
    assert mapped().leaves_out(record) == reason
    assert [mark.reason for mark in MARKS if mark.is_on(record)] == ([reason] if reason else [])


def test_a_mark_that_is_not_known_keeps_nobody_back() -> None:
    assert mapped().leaves_out({}) is None


def test_the_rules_of_the_file_come_first() -> None:
    head = "leave_out: [{when: {field: Title, is: Test}, reason: a test}]\n"
    record = {"Title": "Test", "Deceased__c": "true"}
    assert mapped(head=head).leaves_out(record) == "a test"
    assert mapped(head=head).leaves_out({"Deceased__c": "true"}) == "the person has died"


def test_the_fields_are_read_and_decide_as_those_of_rules_do() -> None:
    contact = mapped()
    assert {mark.path for mark in MARKS} <= {*contact.paths}
    assert contact.leaves_out_by == tuple(mark.path for mark in MARKS)


def test_everybody_takes_part_where_the_file_says_so() -> None:
    contact = mapped(head="take_part: everybody\n")
    assert contact.leaves_out({"Deceased__c": "true"}) is None
    assert contact.leaves_out_by == ()
    assert contact.take_part.startswith("everybody")


def test_what_counts_is_told() -> None:
    assert mapped().take_part == (
        "standard uses Deceased__c: the person has died; Date_of_Death__c: the person has died; "
        "Account.Type (Former, Ex-client): a former client"
    )
    assert "finds no field" in mapped(()).take_part
    assert "nobody has looked yet" in mapped(None).take_part
    assert told(None, is_marked=False).startswith("everybody")


def test_what_marks_people_belongs_to_what_a_mapping_means() -> None:
    def meaning(marks: tuple[Mark, ...]) -> str:
        particulars = {PEOPLE: [mark.as_json() for mark in marks]}
        return load_mapping(files_with(), profile="practifi", overrides=particulars).meaning

    assert meaning(MARKS) == meaning(MARKS) != meaning(MARKS[:1])


def test_marks_are_the_same_after_they_were_stored() -> None:
    stored = json.loads(json.dumps([mark.as_json() for mark in MARKS]))
    assert marks_of(stored) == MARKS


@pytest.mark.parametrize(
    ("old", "new", "count"),
    [
        ("", "take_part: everybody\n", 1),
        ("take_part: standard\n", "take_part: everybody\n", 1),
        ("take_part: everybody\n", "take_part: everybody\n", 0),
        ("take_part: everybody\n", "", 0),
    ],
)
def test_that_everybody_may_take_part_loosens(old: str, new: str, count: int) -> None:
    before, after = (files_with(contact=contact_yaml("", head)) for head in (old, new))
    names = a_mapping().names
    assert len(loosened(before, after, names, names)) == count


def test_what_the_doctor_finds_is_what_is_there_now() -> None:
    objects = described()
    objects["Contact"]["fields"].append(a_field("Deceased__c", "boolean"))
    said = [one.says for one in compare(facts_of(files_with(), objects)).findings]
    assert "standard uses Deceased__c: the person has died" in said
