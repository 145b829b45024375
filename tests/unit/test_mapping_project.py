"""What a record becomes by a mapping: what is known and mapped, and nothing else."""

from __future__ import annotations

import pytest

from bridge.errors import ConversionError, MissingKey, RecordError
from bridge.mapping.compiled import load_mapping
from bridge.mapping.model import CustomField
from tests.unit.mapping_builders import a_mapping, files_with, projected

ADA = {"Email": "Ada@example.org"}
ADDRESS = {"email_address": {"address": "Ada@example.org"}}


def test_a_known_value_is_projected() -> None:
    mapping = a_mapping("first_name: FirstName")
    assert mapping.contact.project(ADA | {"FirstName": "Ada"}) == ADDRESS | {"first_name": "Ada"}


def test_null_clears_the_part_and_an_absent_field_leaves_it_out() -> None:
    project = a_mapping("first_name: FirstName").contact.project
    assert project(ADA | {"FirstName": None}) == ADDRESS | {"first_name": None}
    assert project(ADA) == ADDRESS


def test_text_that_a_transform_empties_clears_the_part() -> None:
    project = a_mapping("first_name: {from: FirstName, transform: [trim]}").contact.project
    assert project(ADA | {"FirstName": "  "}) == ADDRESS | {"first_name": None}
    assert project(ADA | {"FirstName": ""}) == ADDRESS | {"first_name": None}


def test_a_field_of_a_null_parent_is_null_and_of_an_absent_one_not_known() -> None:
    project = a_mapping("company_name: Account.Owner.Name").contact.project
    assert project(ADA | {"Account.Owner.Name": "Bo"})["company_name"] == "Bo"
    assert project(ADA | {"Account.Owner": None})["company_name"] is None
    assert project(ADA | {"Account": None})["company_name"] is None
    assert project(ADA | {"AccountId": "001", "Account.Name": "X"}) == ADDRESS


def test_a_birthday_gives_month_and_day() -> None:
    project = a_mapping("birthday: Birthdate").contact.project
    born = project(ADA | {"Birthdate": "1985-07-04"})
    assert born == ADDRESS | {"birthday_month": 7, "birthday_day": 4}
    cleared = project(ADA | {"Birthdate": None})
    assert cleared == ADDRESS | {"birthday_month": None, "birthday_day": None}
    with pytest.raises(ConversionError, match="birthday from Birthdate: not a date"):
        project(ADA | {"Birthdate": "1985-02-29"})


@pytest.mark.parametrize(
    ("month", "day", "expected"),
    [
        ("7.0", "4", {"birthday_month": 7, "birthday_day": 4}),
        ("7", None, {"birthday_month": None, "birthday_day": None}),
        (None, "4", {"birthday_month": None, "birthday_day": None}),
        ("7", "absent", {}),
        ("absent", None, {}),
    ],
)
def test_month_and_day_go_both_or_neither(
    month: str | None, day: str | None, expected: dict[str, object]
) -> None:
    project = a_mapping("birthday_month: M__c\nbirthday_day: D__c").contact.project
    given = {key: v for key, v in {"M__c": month, "D__c": day}.items() if v != "absent"}
    assert project(ADA | given) == ADDRESS | expected


def test_an_anniversary_is_a_day() -> None:
    project = a_mapping("anniversary: W__c").contact.project
    assert project(ADA | {"W__c": "2006-11-15T00:00:00.000Z"})["anniversary"] == "2006-11-15"
    assert project(ADA | {"W__c": None})["anniversary"] is None


def test_parts_of_telephones_addresses_and_custom_fields_that_are_not_known_are_left_out() -> None:
    mapping = a_mapping(
        "phone_numbers: {home: HomePhone, work: Phone}\n"
        "street_addresses: {home: {street: MailingStreet, city: MailingCity}, work: {city: B__c}}\n"
        "custom_fields: {a: {label: A, from: A__c}, b: {label: B, from: B2__c}}"
    )
    record = ADA | {"Phone": "1", "HomePhone": None, "MailingCity": "Leeds", "A__c": None}
    assert mapping.contact.project(record) == ADDRESS | {
        "phone_numbers": {"home": None, "work": "1"},
        "street_addresses": {"home": {"city": "Leeds"}},
        "custom_fields": {"a": None},
    }
    assert mapping.contact.project(ADA) == ADDRESS
    assert mapping.contact.custom_fields == (
        CustomField(name="a", label="A", type="string"),
        CustomField(name="b", label="B", type="string"),
    )


@pytest.mark.parametrize(
    ("record", "kind", "cause"),
    [
        ({}, MissingKey, "not known"),
        ({"Email": None}, MissingKey, "empty: there is nothing to match this record by"),
        ({"Email": " "}, ConversionError, "not an e-mail address"),
        ({"Email": "ada at example.org"}, ConversionError, "not an e-mail address"),
        ({"Email": f"{'a' * 80}@example.org"}, ConversionError, "92 characters; 80 are allowed"),
    ],
)
def test_a_record_without_a_usable_address_is_an_error_that_does_not_show_it(
    record: dict[str, str | None], kind: type[RecordError], cause: str
) -> None:
    with pytest.raises(kind, match=cause) as caught:
        a_mapping().contact.project(record)
    assert str(caught.value).startswith("contact.yaml:5:3: email_address from Email: ")
    assert caught.value.field == "Email"
    assert "@" not in str(caught.value)


def test_a_required_value_that_is_null_is_an_error_and_one_not_known_is_not() -> None:
    project = a_mapping("last_name: {from: LastName, required: true}").contact.project
    assert project(ADA) == ADDRESS
    with pytest.raises(ConversionError, match=r"contact.yaml:6:3: last_name from LastName: empty"):
        project(ADA | {"LastName": None})


def test_blanks_of_which_a_cut_leaves_nothing_are_an_empty_value() -> None:
    blanks = " " * 300
    assert projected("from: A__c, too_long: cut", A__c=blanks) is None
    assert projected("from: A__c, too_long: cut, default: none", A__c=blanks) == "none"


def test_text_above_the_limit_is_an_error_or_cut_as_the_rule_says() -> None:
    long = "x" * 49 + " " + "y" * 10
    with pytest.raises(ConversionError, match="60 characters; 50 are allowed"):
        a_mapping("first_name: FirstName").contact.project(ADA | {"FirstName": long})
    project = a_mapping("first_name: {from: FirstName, too_long: cut}").contact.project
    assert project(ADA | {"FirstName": long})["first_name"] == "x" * 49
    project = a_mapping("first_name: {from: FirstName, max: 5, too_long: cut}").contact.project
    assert project(ADA | {"FirstName": long})["first_name"] == "xxxxx"


ONE_OR_OTHER = "cases: [{when: {field: A__c, is: 1}, value: one}, {value: other}]"


@pytest.mark.parametrize(
    ("rule", "record", "expected"),
    [
        ("from: A__c, default: none", {"A__c": None}, "none"),
        ("from: A__c, default: none", {}, "left out"),
        ("from: A__c, transform: [trim], default: none", {"A__c": " "}, "none"),
        ("value: fixed", {}, "fixed"),
        ("first_of: [A__c, B__c]", {"A__c": None, "B__c": "b"}, "b"),
        ("first_of: [A__c, B__c]", {"A__c": "a"}, "a"),
        ("first_of: [A__c, B__c]", {"B__c": "b"}, "left out"),
        ("first_of: [A__c, Account.Name]", {"A__c": None, "Account": None}, None),
        ("join: {fields: [A__c, B__c]}", {"A__c": "a ", "B__c": "b"}, "a b"),
        ("join: {fields: [A__c, B__c], with: ', '}", {"A__c": None, "B__c": "b"}, "b"),
        ("join: {fields: [A__c, B__c]}", {"A__c": "a"}, "left out"),
        ("from: A__c, when: {field: B__c, is: true}", {"A__c": "a", "B__c": "true"}, "a"),
        ("from: A__c, when: {field: B__c, is: true}", {"A__c": "a", "B__c": "false"}, None),
        ("from: A__c, when: {field: B__c, is: true}", {"A__c": "a"}, "left out"),
        ("value: a, when: {field: B__c, present: false}, default: d", {"B__c": "x"}, "d"),
        (ONE_OR_OTHER, {"A__c": "1.0"}, "one"),
        (ONE_OR_OTHER, {"A__c": None}, "other"),
        (ONE_OR_OTHER, {}, "left out"),
        ("cases: [{when: {field: A__c, is: 1}, from: B__c}]", {"A__c": "1", "B__c": "b"}, "b"),
        ("cases: [{when: {field: A__c, is: 1}, from: B__c}]", {"A__c": "2", "B__c": "b"}, None),
    ],
)  # fmt: skip
def test_where_a_value_comes_from(
    rule: str, record: dict[str, str | None], expected: str | None
) -> None:
    assert projected(rule, **record) == expected


def test_all_fields_that_are_read_are_told_once() -> None:
    mapping = a_mapping(
        "first_name: {from: FirstName, when: {any: [{field: A__c, present: false}, "
        "{not: {field: Account.Type, is: X}}]}}\n"
        "last_name: {first_of: [LastName, FirstName]}\n"
        "job_title: {cases: [{when: {field: B__c, is: 1}, from: Title}]}\n"
        "company_name: {join: {fields: [Account.Name, C__c]}}",
        head="leave_out: [{when: {field: D__c, is: true}, reason: gone}]\n"
        "explicit_permission_when: {field: E__c, is: true}\n",
    )
    paths = mapping.contact.paths
    assert len(paths) == len(set(paths))
    assert {*paths} == {
        *("Email", "FirstName", "LastName", "Title", "Account.Name", "Account.Type"),
        *("A__c", "B__c", "C__c", "D__c", "E__c"),
    }


def test_a_record_that_is_left_out_is_told_why_and_one_that_cannot_be_judged_is_an_error() -> None:
    leaves_out = a_mapping(
        head="leave_out:\n"
        "  - {when: {field: A__c, is: true}, reason: the person has died}\n"
        "  - {when: {field: B__c, is: Staff}, reason: a colleague}\n"
    ).contact.leaves_out
    assert leaves_out({"A__c": "false", "B__c": None}) is None
    assert leaves_out({"A__c": "true"}) == "the person has died"
    assert leaves_out({"B__c": "Staff"}) == "a colleague"
    with pytest.raises(ConversionError, match=r"contact.yaml:5:5: leave_out.0: .* not known"):
        leaves_out({"B__c": "Client"})


def test_permission_is_explicit_only_where_the_consent_field_says_so() -> None:
    head = "explicit_permission_when: {field: Consent__c, is: true}\n"
    project = a_mapping(head=head).contact.project
    assert project(ADA | {"Consent__c": "true"}) == ADDRESS | {"permission_to_send": "explicit"}
    assert project(ADA | {"Consent__c": "false"}) == ADDRESS
    assert project(ADA) == ADDRESS


def test_a_list_has_a_name_and_a_membership_takes_part_unless_left_out() -> None:
    files = files_with(
        list="source: list\ntarget: list\nmatch: id\nfields: {name: $name, description: D__c}\n",
        membership="source: membership\ntarget: membership\nmatch: contact_and_list\n"
        "leave_out: [{when: {field: Status, is: Declined}, reason: declined}]\n",
    )
    mapping = load_mapping(files, profile="practifi", overrides={})
    assert mapping.list.match == "id"
    assert mapping.list.project({"Name": "News", "D__c": None}) == {
        "name": "News",
        "description": None,
    }
    with pytest.raises(MissingKey):
        mapping.list.project({"Name": None})
    assert mapping.membership.paths == ("Status",)
    assert mapping.membership.leaves_out({"Status": "Declined"}) == "declined"
    assert mapping.membership.leaves_out({"Status": "Sent"}) is None


def test_text_of_a_mapping_never_becomes_code() -> None:
    evil = "'); import os; os.abort() #{{v}} \\\\ \\n KEY DEFAULT v"
    quoted = evil.replace("'", "''")
    assert projected(f"from: A__c, default: '{quoted}'", A__c=None) == evil
    assert projected(f"from: A__c, transform: [{{prefix: '{quoted}'}}]", A__c="!") == f"{evil}!"


def test_an_error_in_a_flow_mapping_on_one_line_names_the_right_field() -> None:
    mapping = a_mapping("street_addresses: {home: {city: MailingCity, state: MailingState}}")
    with pytest.raises(ConversionError) as caught:
        mapping.contact.project(ADA | {"MailingCity": "Leeds", "MailingState": "x" * 51})
    assert caught.value.field == "MailingState"
    assert str(caught.value).startswith("contact.yaml:6:48: street_addresses.home.state from Mail")
