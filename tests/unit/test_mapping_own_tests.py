"""The tests that stand in a mapping file itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from bridge.errors import MappingError
from bridge.mapping.cli import main
from bridge.mapping.compiled import load_mapping, refuse_failing
from bridge.mapping.own_tests_run import run_examples
from tests.unit.mapping_builders import SHIPPED, contact_yaml, files_with

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.mapping.model import Mapping

FIELDS = """\
first_name: FirstName
job_title: {from: Title, when: {field: Account.Type, is_not: Retired}}
birthday: Birthdate
phone_numbers: {home: {from: HomePhone, transform: [digits]}}
custom_fields:
  roles: {label: Roles, child: {of: AccountContactRelations, field: Roles, take: all}}
  client_type: {label: Client type, from: Account.Type, max: 9, transform: [trim]}
"""
HEAD = """\
leave_out: [{when: {field: Deceased__c, is: true}, reason: the person has died}]
explicit_permission_when: {field: Asked__c, is: true}
"""


def mapping_with(test: str, name: str = "it") -> tuple[Mapping, dict[str, str]]:
    """Return a mapping whose contact.yaml has one test; the keys of the test begin in line 7."""
    tests = f"tests:\n  - name: {name}\n" + "".join(f"    {line}\n" for line in test.splitlines())
    text = contact_yaml(FIELDS, head=HEAD).replace("leave_out", f"{tests}leave_out", 1)
    files = files_with(contact=text)
    return load_mapping(files, profile="practifi", overrides={}), files


def differences(test: str) -> list[tuple[str, str, str]]:
    mapping, _ = mapping_with(test)
    (outcome,) = run_examples(mapping)
    return [(one.part, one.expected, one.got) for one in outcome.differences]


@pytest.mark.parametrize(
    "test",
    [
        "record: {FirstName: Ada}\nexpect: {first_name: Ada, job_title: null}",
        "record: {Account.Type: Retired, Title: Dr}\nexpect: {job_title: null}",
        "record: {Account.Type: Client, Title: Dr}\nexpect: {job_title: Dr}",
        "record: {Account.Type: ' Gold '}\nexpect: {custom_fields: {client_type: Gold}}",
        "record: {HomePhone: (02) 5550-1234}\nexpect: {phone_numbers: {home: '0255501234'}}",
        "record: {HomePhone: 25550}\nexpect: {phone_numbers: {home: 25550}}",
        "record: {Birthdate: 1985-12-10}\nexpect: {birthday: 1985-12-10}",
        "record: {Birthdate: 1985-12-10}\nexpect: {birthday: 12-10, birthday_month: 12}",
        "expect: {birthday: null, birthday_day: null}",
        "expect: {email_address: someone@example.org}",
        "record: {$email: ada@example.org}\nexpect: {email_address: ada@example.org}",
        "unknown: [FirstName]\nuntouched: [first_name]\nexpect: {birthday: null}",
        "unknown: [Account]\nuntouched: [job_title, custom_fields.client_type]",
        "record: {Account: null}\nexpect: {custom_fields: {client_type: null}}",
        "record: {Asked__c: true}\nexpect: {permission_to_send: explicit}",
        "expect: {permission_to_send: implicit}",
        (
            "record: {AccountContactRelations: [{Roles: Client}, {Roles: Trustee}]}\n"
            "expect: {custom_fields: {roles: 'Client, Trustee'}}"
        ),
        "expect: {custom_fields: {roles: null}}",
        "unknown: [AccountContactRelations]\nuntouched: [custom_fields.roles]",
        "expect: {}",
        "record: {Deceased__c: true}\ntakes_no_part: the person has died",
        "record: {Email: ''}\nrefused: nothing to match this record by",
        "unknown: [Deceased__c]\nrefused: a field that it asks about is not known",
        "record: {Account.Type: A very long type}\nrefused: 9 are allowed",
    ],
)
def test_a_test_that_says_what_the_rules_do_passes(test: str) -> None:
    assert differences(test) == []


@pytest.mark.parametrize(
    ("test", "difference"),
    [
        ("expect: {first_name: Ada}", ("first_name", "'Ada'", "(emptied)")),
        (
            "record: {FirstName: Ada}\nexpect: {first_name: null}",
            ("first_name", "(emptied)", "'Ada'"),
        ),
        ("untouched: [first_name]", ("first_name", "(not touched)", "(emptied)")),
        (
            "unknown: [FirstName]\nexpect: {first_name: null}",
            ("first_name", "(emptied)", "(not touched)"),
        ),
        (
            "record: {Account.Type: Gold}\nexpect: {custom_fields: {client_type: Silver}}",
            ("custom_fields.client_type", "'Silver'", "'Gold'"),
        ),
        (
            "takes_no_part: the person has died",
            ("", "takes no part (the person has died)", "takes part"),
        ),
        (
            "record: {Deceased__c: true}\nexpect: {}",
            ("", "takes part", "takes no part (the person has died)"),
        ),
        (
            "record: {Deceased__c: true}\ntakes_no_part: gone",
            ("", "takes no part (gone)", "takes no part (the person has died)"),
        ),
        ("refused: 9 are allowed", ("", "is refused (9 are allowed)", "takes part")),
    ],
)
def test_a_test_that_says_otherwise_fails_and_tells_both(
    test: str, difference: tuple[str, str, str]
) -> None:
    assert differences(test) == [difference]


def test_files_whose_test_fails_are_refused_at_the_place_of_what_it_expects() -> None:
    mapping, files = mapping_with("record: {FirstName: Ada}\nexpect: {first_name: Bob}", "called")
    with pytest.raises(MappingError) as caught:
        refuse_failing(mapping, files)
    (fault,) = caught.value.details
    assert str(fault) == (
        "contact.yaml:7:26: test “called” fails, first_name is 'Ada', and the test says 'Bob': "
        "correct the rule in line 12, or the test"
    )
    assert fault.quoted == "    expect: {first_name: Bob}"


def test_lists_and_memberships_have_tests_too() -> None:
    rule = "leave_out: [{when: {field: Status, is: Declined}, reason: declined}]\n"
    tests = (
        "tests:\n"
        "  - {name: a, record: {Status: Declined}, takes_no_part: declined}\n"
        "  - {name: b, record: {Status: Sent}, expect: {}}\n"
    )
    of_lists = (
        "tests:\n"
        "  - {name: c, record: {$name: ' Market  Letter '}, expect: {name: Market Letter}}\n"
        "  - {name: d, expect: {name: A list}}\n"
        "  - {name: e, record: {$name: null}, refused: nothing to match this record by}\n"
    )
    shipped = files_with()
    files = files_with(
        membership=shipped["membership.yaml"] + rule + tests,
        list=shipped["list.yaml"] + of_lists,
    )
    mapping = load_mapping(files, profile="practifi", overrides={})
    outcomes = run_examples(mapping)
    assert [(one.example.name, one.differences) for one in outcomes] == [
        (name, ()) for name in "cdeab"
    ]


def test_what_the_files_mean_leaves_comments_and_tests_out() -> None:
    files = files_with(contact=contact_yaml(FIELDS))
    plain = load_mapping(files, profile="practifi", overrides={})
    tested, _ = mapping_with("expect: {}")
    assert tested.meaning != plain.meaning, "it leaves people out"
    text = contact_yaml(FIELDS, head="# a comment\ntests: [{name: it, expect: {}}]\n")
    other = load_mapping(files_with(contact=text), profile="practifi", overrides={})
    assert (other.meaning, other.digest != plain.digest) == (plain.meaning, True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _, files = mapping_with("record: {FirstName: Ada}\nexpect: {first_name: Bob}")
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_the_command_shows_what_differs_and_where_the_rule_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["test", str(folder)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "FAILED contact.yaml:5 it",
        "       first_name  (rule: contact.yaml:12)",
        "       - 'Bob'  (contact.yaml:7:26)",
        "       + 'Ada'",
        "1 of 1 failed",
    ]
    assert main(["test", str(folder), "--json"]) == 1
    printed = json.loads(capsys.readouterr().out)
    assert printed["tests"][0]["differences"] == [
        {
            "part": "first_name", "expected": "'Bob'", "got": "'Ada'",
            "line": 7, "column": 26, "rule_line": 12,
        }
    ]  # fmt: skip


def test_check_refuses_files_whose_tests_fail(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(folder)]) == 2
    printed = capsys.readouterr().err.splitlines()
    assert printed[0].startswith("contact.yaml:7:26: test “it” fails, first_name is 'Ada'")
    assert printed[2] == "    |                          ^^^"


def test_the_command_says_where_there_are_no_tests(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["test", str(SHIPPED)])
    printed = capsys.readouterr().out
    assert code == 0
    assert "failed" not in printed
