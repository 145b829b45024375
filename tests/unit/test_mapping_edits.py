"""What a mapping text loosens of consent, and what it changes of one contact."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.console.pages.mapping_faults import faults_of
from bridge.console.pages.mapping_lines import diff_lines, unseen_differences
from bridge.edits.effect import Comparison
from bridge.edits.loosening import loosened
from bridge.mapping.compiled import load_mapping
from tests.unit.mapping_builders import a_mapping, contact_yaml, files_with

RULE = "leave_out:\n  - when: {field: Title, is: A}\n    reason: one of ours\n"
OTHER = RULE.replace("is: A", "is: B").replace("one of ours", "gone")
ASKED = "explicit_permission_when: {field: Consent__c, is: a}\n"
MEMBERSHIP = files_with()["membership.yaml"]

LOOSENING = [
    ("", "", []),
    ("", RULE, []),
    (RULE, RULE + OTHER.removeprefix("leave_out:\n"), []),
    (RULE, "", ["contact.yaml: contacts that were left out (one of ours) may take part"]),
    (RULE, OTHER, ["contact.yaml: contacts that were left out (one of ours) may take part"]),
    (
        "",
        ASKED,
        ["contact.yaml: other new contacts than before are created with explicit permission"],
    ),
    (ASKED, "", []),
]


def told(old: dict[str, str], new: dict[str, str]) -> list[str]:
    names = [load_mapping(one, profile="practifi", overrides={}).names for one in (old, new)]
    return loosened(old, new, *names)


@pytest.mark.parametrize(("old", "new", "sentences"), LOOSENING)
def test_whoever_was_left_out_or_asked_counts(old: str, new: str, sentences: list[str]) -> None:
    before = files_with(contact=contact_yaml(head=old))
    assert told(before, files_with(contact=contact_yaml(head=new))) == sentences


def test_memberships_that_were_left_out_count_as_well() -> None:
    with_rule = files_with(membership=MEMBERSHIP + RULE.replace("Title", "Name"))
    assert told(with_rule, files_with()) == [
        "membership.yaml: memberships that were left out (one of ours) may take part"
    ]


@pytest.mark.parametrize("name", ["do_not_email", "resubscribe_at", "resubscribe_by", "country"])
def test_another_field_of_consent_counts_and_a_first_one_does_not(name: str) -> None:
    names = files_with()["names.yaml"]
    line = next(one for one in names.splitlines() if f" {name}:" in one)
    other = names.replace(line, f"{line.partition(':')[0]}: Other__c", 1)
    without = names.replace(f"{line}\n", "", 1)
    files = files_with()
    assert told(files, files | {"names.yaml": other})[0].startswith(f"names.yaml: {name} was")
    assert told(files, files | {"names.yaml": without})[0].endswith("is no field any more")
    assert told(files | {"names.yaml": without}, files) == []


def effect_of(
    old: str, new: str, record: dict[str, str | None], there: dict[str, Any] | None = None
) -> tuple[str | None, dict[str, tuple[Any, Any]]]:
    comparison = Comparison(a_mapping(old), a_mapping(new), {})
    effect = comparison.of({"Email": "ann@example.org", **record}, there)
    return effect.kind, dict(effect.fields)


ANN: dict[str, str | None] = {"FirstName": "Ann", "Title": "Dr"}
EFFECTS: list[tuple[str, str, Any, str | None, dict[str, Any]]] = [
    ("first_name: FirstName", "first_name: FirstName", None, None, {}),
    (
        "first_name: FirstName",
        "first_name: FirstName\njob_title: Title",
        None,
        "changed",
        {"job_title": (None, "Dr")},
    ),
    # What is there already is no change; a part that is mapped no more stays as it is.
    (
        "first_name: FirstName",
        "first_name: FirstName\njob_title: Title",
        {"first_name": "Ann", "job_title": "Dr"},
        None,
        {},
    ),
    (
        "first_name: FirstName\njob_title: Title",
        "first_name: FirstName",
        {"first_name": "Ann", "job_title": "Dr"},
        None,
        {},
    ),
    (
        "",
        "custom_fields: {title: {label: Title, from: Title}}",
        {"custom_fields": []},
        "changed",
        {"custom_fields.title": (None, "Dr")},
    ),
    ("", "birthday: Title", None, "refused", {}),
    ("birthday: Title", "", None, "taken_in", {}),
    ("", "job_title: {from: Unread__c, required: true}", None, None, {}),
]


@pytest.mark.parametrize(("old", "new", "there", "kind", "fields"), EFFECTS)
def test_what_changes_is_what_would_be_sent(
    old: str,
    new: str,
    there: dict[str, Any] | None,
    kind: str | None,
    fields: dict[str, tuple[Any, Any]],
) -> None:
    assert effect_of(old, new, ANN, there) == (kind, fields)


def test_who_is_left_out_by_a_field_that_nobody_has_read_cannot_be_told() -> None:
    head = "leave_out:\n  - when: {field: Unread__c, is: a}\n    reason: gone\n"
    comparison = Comparison(a_mapping(), a_mapping(head=head), {})
    assert comparison.of({"Email": "ann@example.org"}, None).kind == "not_known"
    assert comparison.unread({"Email": "ann@example.org"}) == ["Unread__c"]
    read: dict[str, str | None] = {"Email": "ann@example.org", "Unread__c": "a"}
    assert comparison.of(read, None).kind == "left_out"


def test_a_fault_is_shown_with_its_line_and_key() -> None:
    (fault,) = faults_of(
        {"list.yaml": "source: list\r\n  nmae: Name  \r\n"}, ["list.yaml:2:3: unknown key `nmae`"]
    )
    assert (fault.file, fault.line, fault.field, fault.quoted) == (
        "list.yaml", 2, "nmae", "  nmae: Name  ",
    )  # fmt: skip
    assert fault.next_step.startswith("Change this line")
    (other,) = faults_of({}, ["names of this connection: something else"])
    assert (other.file, other.cause) == ("", "names of this connection: something else")


def test_lines_that_differ_are_shown_with_three_around_them() -> None:
    before = "".join(f"{number}\n" for number in range(20))
    after = before.replace("10\n", "ten  \n")
    lines = [(line.sign, line.old, line.new, line.text) for line in diff_lines(before, after)]
    assert lines == [
        ("same", 8, 8, "7"),
        ("same", 9, 9, "8"),
        ("same", 10, 10, "9"),
        ("remove", 11, None, "10"),
        ("add", None, 11, "ten··"),
        ("same", 12, 12, "11"),
        ("same", 13, 13, "12"),
        ("same", 14, 14, "13"),
    ]
    assert diff_lines(before, before) == []


def test_what_no_line_shows_is_told() -> None:
    assert unseen_differences("a\n", "\ufeffa\r\n") == (
        "byte order mark: none → one, line ends: LF → CRLF"
    )
    assert unseen_differences("a\nb\r\n", "a\r\nb\n") == "which lines end in CRLF and LF"
