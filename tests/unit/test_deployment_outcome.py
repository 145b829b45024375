"""What a deployment says of itself, in Salesforce's words, and what to do about it."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.salesforce.deploy.outcome import advice_for, problem_lines, read_outcome

FAILURE = {
    "componentType": "CustomField",
    "fullName": "Contact.CC_Bridge_Id__c",
    "fileName": "objects/Contact.object",
    "lineNumber": 8,
    "problem": "Must specify 'length' for a CustomField of type Text",
    "problemType": "Error",
    "success": False,
}


def result(**more: Any) -> dict[str, Any]:
    told = {"id": "0Af5g0000000001", "done": True, "status": "Failed", "numberComponentsTotal": 48}
    return told | more


@pytest.mark.parametrize("failures", [[FAILURE], FAILURE], ids=["a list", "one alone"])
def test_a_problem_is_told_with_its_place(failures: Any) -> None:
    outcome = read_outcome(result(details={"componentFailures": failures}))
    assert not outcome.succeeded
    assert problem_lines(outcome.problems)[:2] == [
        "objects/Contact.object:8  CustomField Contact.CC_Bridge_Id__c",
        "  Must specify 'length' for a CustomField of type Text",
    ]


def test_problems_come_by_file_and_line() -> None:
    later = FAILURE | {"lineNumber": "30", "fullName": "Contact.A"}
    first = FAILURE | {"fileName": "flows/A.flow", "lineNumber": None}
    details = {"componentFailures": [later, FAILURE, first]}
    outcome = read_outcome(result(details=details))
    assert [(one.file, one.line) for one in outcome.problems] == [
        ("flows/A.flow", None),
        ("objects/Contact.object", 8),
        ("objects/Contact.object", 30),
    ]


def test_a_warning_is_no_problem() -> None:
    warning = FAILURE | {"problemType": "Warning", "success": True}
    told = result(status="Succeeded", details={"componentFailures": [warning]})
    assert read_outcome(told).succeeded
    assert read_outcome(told).problems == ()


def test_what_failed_as_a_whole_is_told_as_well() -> None:
    outcome = read_outcome(result(errorMessage="UNKNOWN_EXCEPTION: try again", details=None))
    assert [(one.file, one.says) for one in outcome.problems] == [
        ("package.xml", "UNKNOWN_EXCEPTION: try again")
    ]


@pytest.mark.parametrize(
    ("status", "is_done", "succeeded"),
    [
        ("Succeeded", True, True),
        ("SucceededPartial", True, False),
        ("Canceled", True, False),
        ("InProgress", False, False),
    ],
)
def test_only_a_deployment_that_ended_whole_has_succeeded(
    status: str, *, is_done: bool, succeeded: bool
) -> None:
    outcome = read_outcome(result(status=status, done=is_done))
    assert (outcome.is_over, outcome.succeeded) == (is_done, succeeded)


def test_only_parts_that_changed_are_counted() -> None:
    parts = [
        {"fullName": "package.xml", "changed": True},
        {"fullName": "A", "changed": False, "created": False},
        {"fullName": "B", "changed": "true"},
        {"fullName": "C", "deleted": True},
    ]
    told = result(status="Succeeded", details={"componentSuccesses": parts})
    assert read_outcome(told).changed == 2


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("In field: integrationUser - no User named x found", "--send-as"),
        ("In field: field - no CustomField named Contact.X found", "bridge doctor"),
        ("no CustomObject named practifi__X__c found", "profile"),
        ("Cannot change the type of the field Contact.X", "rename or delete"),
        ("You cannot deploy to a required field: A.B", "connect Salesforce"),
        ("An active flow cannot be deleted: deactivate it first", "Setup, Flows"),
        ("insufficient access rights on cross-reference id", "Setup, Flows"),
        ("This outbound message is referenced elsewhere: X", "what uses it"),
        ("This permission set is assigned to users", "what uses it"),
        ("Flow test coverage is not met", "--draft"),
        ("Invalid endpoint URL: x", "--public-url"),
        ("Error parsing file: Element x invalid at this location", "fault of the bridge"),
        ("Something that nobody has seen yet", "nothing was changed"),
    ],
)
def test_every_problem_has_something_to_do_about_it(words: str, advice: str) -> None:
    assert advice in advice_for(words)


def test_no_address_of_a_person_is_repeated() -> None:
    told = FAILURE | {"problem": "no User named ada@example.org found"}
    (problem,) = read_outcome(result(details={"componentFailures": [told]})).problems
    assert "ada@example.org" not in problem.says
