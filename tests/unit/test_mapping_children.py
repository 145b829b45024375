"""Values of child records: which are asked for, and which of them are taken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ConfigurationError, MappingError
from bridge.mapping.trial import try_record
from bridge.salesforce.children import Row, as_text, children_at, columns, rows_of
from bridge.salesforce.values import as_asked, flatten
from tests.unit.mapping_builders import a_mapping, projected

CHILD = "of: AccountContactRelations, field: Roles"
PATH = "AccountContactRelations.[IsActive,Roles,StartDate]"
ROWS: list[Row] = [
    {"Roles": "Owner", "IsActive": "true", "StartDate": "2020-01-01"},
    {"Roles": "Trustee", "IsActive": "true", "StartDate": "2024-01-01"},
    {"Roles": "Patron", "IsActive": "false", "StartDate": "2025-01-01"},
    {"Roles": None, "IsActive": "true", "StartDate": None},
    {"Roles": "Owner", "IsActive": "true", "StartDate": None},
]


def taken(rest: str, value: str | None) -> object:
    child = f"child: {{{CHILD}, where: {{field: IsActive, is: true}}, order_by: {rest}}}"
    return projected(child, **{PATH: value})


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("StartDate", "Owner"),
        ("-StartDate", "Trustee"),
        ("-StartDate, take: all", "Trustee, Owner"),
        ("StartDate, take: all, with: ' / '", "Owner / Trustee"),
    ],
)
def test_values_are_taken_in_the_order_that_is_asked_for(rest: str, expected: str) -> None:
    assert taken(rest, as_text(ROWS)) == expected


def test_each_rule_has_its_own_condition_on_child_records() -> None:
    one, two = (
        f"child: {{{CHILD}, where: {{field: IsActive, is: {active}}}, take: all}}"
        for active in ("true", "false")
    )
    project = a_mapping(
        f"custom_fields: {{one: {{label: One, {one}}}, two: {{label: Two, {two}}}}}"
    ).contact.project
    path = "AccountContactRelations.[IsActive,Roles]"
    made = project({"Email": "ada@example.org", path: as_text(ROWS)})
    assert made["custom_fields"] == {"one": "Owner, Trustee", "two": "Patron"}


def test_without_child_records_the_value_is_empty() -> None:
    assert taken("StartDate", None) is None
    assert taken("StartDate", as_text(ROWS[2:4])) is None
    assert projected(f"child: {{{CHILD}}}", AccountContactRelations=None) is None


def test_child_records_that_are_not_known_leave_the_value_alone() -> None:
    assert projected(f"child: {{{CHILD}}}") == "left out"
    without_dates = as_text([{"Roles": "Owner", "IsActive": "true"}])
    assert taken("StartDate", without_dates) == "left out"


def test_numbers_are_ordered_by_their_size() -> None:
    rows = as_text([{"Role": name, "Rank": rank} for name, rank in [("a", "10.0"), ("b", "9.0")]])
    rule = "child: {of: Ranks__r, field: Role, order_by: Rank}"
    assert projected(rule, **{"Ranks__r.[Rank,Role]": rows}) == "b"


@given(st.permutations(ROWS))
def test_the_order_in_which_salesforce_answers_does_not_matter(rows: list[Row]) -> None:
    answer = {"Children__r": {"done": True, "records": rows}}
    path = "Children__r.[IsActive,Roles]"
    same = [{name: row[name] for name in ("IsActive", "Roles")} for row in ROWS]
    assert as_asked(flatten(answer), [path]) == {path: as_text(same)}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            {"ROLES__R": {"records": [{"name": "A", "x": 1}]}},
            {"Roles__r.[Name]": '[{"Name": "A"}]'},
        ),
        ({"Roles__r": {"records": []}}, {"Roles__r.[Name]": None}),
        ({"Roles__r": None}, {"Roles__r.[Name]": None}),
        ({"Id": "1"}, {}),
    ],
)
def test_an_answer_holds_what_was_asked_of_the_children(
    answer: dict[str, object], expected: dict[str, str | None]
) -> None:
    assert as_asked(flatten(answer), ["Roles__r.[Name]"]) == expected


def test_a_field_of_a_parent_of_a_child_is_read() -> None:
    children = {"records": [{"Account": {"Name": "Trust"}}, {"Account": None}]}
    record = flatten({"Email": "a@b.org", "Relations__r": children})
    fields = (
        "job_title: {child: {of: Relations__r, field: Account.Name}}\nfirst_name: {from: FirstName}"
    )
    tried = try_record(a_mapping(fields), "contact", record)
    assert tried["becomes"]["job_title"] == "Trust"
    assert tried["not_known"] == ["FirstName"]


def test_only_names_become_a_query() -> None:
    with pytest.raises(ConfigurationError, match="is no API name"):
        columns(["Roles__r.[Name) FROM X]"])
    with pytest.raises(ConfigurationError, match="is no API name"):
        columns(["Roles__r.[Name,,Title]"])


@given(st.text(max_size=40))
def test_any_text_is_child_records_or_a_value_error(text: str) -> None:
    try:
        rows = rows_of(text)
    except ValueError:
        return
    assert all(isinstance(row, dict) for row in rows)


@pytest.mark.parametrize(
    ("child", "fault"),
    [
        ("of: Roles__r", "`field` is missing"),
        ("of: Roles__r, field: $email", "is not a field of the child records"),
        ("of: A.B, field: Name", "is not an API name"),
        ("of: Roles__r, field: Name, where: {field: $name, is: A}", "have no names in names.yaml"),
        ("of: Roles__r, field: Name, where: {field: Since, above: soon}", "neither a number nor"),
        ("of: Roles__r, field: Name, order_by: '- Since'", "with - before it"),
    ],
)
def test_what_is_wrong_with_a_child_lookup_is_told(child: str, fault: str) -> None:
    with pytest.raises(MappingError) as caught:
        a_mapping(f"job_title: {{child: {{{child}}}}}")
    assert fault in caught.value.faults[0]


def test_a_path_of_children_is_told_from_one_of_a_field() -> None:
    assert children_at(PATH) == ("AccountContactRelations", ("IsActive", "Roles", "StartDate"))
    assert [children_at(path) for path in ("Email", "Account.Name")] == [None, None]
