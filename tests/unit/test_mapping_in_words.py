"""Rules in sentences: each way to write one has words, and they say what the rule does."""

from __future__ import annotations

import json
from typing import get_args

import pytest

from bridge.mapping.in_words import (
    OPERATORS,
    SOURCES,
    WRITES,
    changes_in_words,
    condition_in_words,
    limit_in_words,
    source_in_words,
    when_empty_in_words,
    written_in_words,
)
from bridge.mapping.json_schema import json_schema
from bridge.mapping.rules import Condition, Lookup, Rule, WriteRule
from bridge.mapping.steps import StepBody, step_names
from bridge.mapping.steps_in_words import steps_in_words
from bridge.mapping.targets import Target

NAME = Target(("first_name",))
SEGMENTS = {"segments": Lookup(table={"A": "Private", "C": None}, otherwise="keep")}


def rule(**keys: object) -> Rule:
    return Rule.model_validate(keys)


def test_no_operator_is_without_words() -> None:
    assert set(Condition.model_fields) - {"field", "all", "any", "not_"} <= set(OPERATORS)


def test_no_source_is_without_words() -> None:
    beside = {"when", "transform", "default", "required", "max", "too_long", "write"}
    assert set(Rule.model_fields) - beside == set(SOURCES)


def test_no_write_rule_is_without_words() -> None:
    assert set(get_args(WriteRule)) == set(WRITES)


@pytest.mark.parametrize(
    ("write", "written", "empty"),
    [
        ("if_empty_there", "only where Constant Contact has nothing", "nothing is written"),
        ("never_clear", "never emptied", "what Constant Contact has is kept"),
        ("create_only", "when the contact is created", "nothing is written"),
    ],
)
def test_a_write_rule_says_when_and_what_of_an_empty_value(
    write: str, written: str, empty: str
) -> None:
    made = rule(**{"from": "A", "write": write})
    assert written in written_in_words(made)
    assert empty in when_empty_in_words(made, NAME)


@pytest.mark.parametrize("name", step_names())
def test_no_transform_is_without_words(name: str) -> None:
    steps = json.loads(json_schema())["$defs"]["StepBody"]["properties"]
    (argument, *_) = steps[name].get("examples", [True])
    step = StepBody.model_validate({name: argument})
    (clause,) = steps_in_words([step], SEGMENTS)
    assert clause
    assert "None" not in clause


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ({"field": "A", "is": True}, "A is ticked"),
        ({"field": "A", "is_not": True}, "A is not ticked"),
        ({"field": "A", "is": 250000}, "A is 250,000"),
        ({"field": "A", "in": ["x", "y"]}, "A is “x” or “y”"),
        ({"field": "A", "not_in": ["x"]}, "A is not “x”"),
        ({"field": "A", "present": False}, "A has no value"),
        ({"field": "A", "at_least": "2026-01-01"}, "A is at least 2026-01-01"),
        ({"field": "$email", "ends_with": "@x"}, "Email ends with “@x”"),
        ({"not": {"field": "A", "above": 1}}, "it is not so that A is above 1"),
        (
            {
                "any": [
                    {"field": "A", "present": True},
                    {"all": [{"field": "B", "below": 0}, {"field": "C", "includes": "x"}]},
                ]
            },
            "A has a value or (B is below 0 and C has “x” chosen)",
        ),
    ],
)
def test_a_condition_is_a_clause(condition: dict[str, object], says: str) -> None:
    resolve = {"$email": "Email"}
    told = condition_in_words(Condition.model_validate(condition), lambda f: resolve.get(f, f))
    assert told == says


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"from": "Title"}, "Title."),
        ({"first_of": ["A", "B"]}, "The first of A and B that has a value."),
        (
            {"join": {"fields": ["A", "B"], "with": ", "}},
            "A and B, joined by “, ”; what is empty is passed over.",
        ),
        (
            {"child": {"of": "Roles__r", "field": "Name", "order_by": "-Begun"}},
            "Name of the first of Roles__r that have one, in the order of Begun, the last first.",
        ),
        ({"value": "Client"}, "Always “Client”."),
        (
            {"template": "{Title|you}"},
            "The text “{Title|you}” with its fields filled in; “you” stands for an empty Title.",
        ),
        (
            {"cases": [{"when": {"field": "A", "present": True}, "from": "B"}, {"value": "C"}]},
            "B where A has a value; otherwise “C”.",
        ),
        (
            {"from": "A", "when": {"field": "B", "is": False}},
            "A. Only where B is not ticked; elsewhere it is empty.",
        ),
    ],
)
def test_a_source_is_a_sentence(keys: dict[str, object], says: str) -> None:
    assert source_in_words(rule(**keys)) == says


def test_the_steps_stand_in_their_order() -> None:
    steps = rule(**{"from": "A", "transform": ["trim", {"lookup": "segments"}, {"cut": 5}]})
    assert changes_in_words(steps, SEGMENTS) == (
        "Blanks at both ends are taken off; then “A” becomes “Private”, “C” becomes none, any "
        "other value stays as it is; then it is cut to 5 characters."
    )


def test_a_long_table_is_not_told_row_by_row() -> None:
    long = {"segments": Lookup(table={str(n): "x" for n in range(500)})}
    assert "488 more in the table segments" in changes_in_words(
        rule(**{"from": "A", "transform": [{"lookup": "segments"}]}), long
    )


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({}, "Then it is emptied in Constant Contact."),
        ({"default": "Friend"}, "Then it is “Friend”."),
        ({"required": True}, "Then the record is an error, and nothing of it is sent."),
    ],
)
def test_what_becomes_of_an_empty_value_is_told(keys: dict[str, object], says: str) -> None:
    assert when_empty_in_words(rule(**{"from": "A"}, **keys), NAME) == says


def test_a_constant_is_never_empty() -> None:
    assert when_empty_in_words(rule(value="x"), NAME) == "It is never empty."
    assert written_in_words(rule(value="x")) == "Written whenever it differs."


@pytest.mark.parametrize(
    ("keys", "target", "says"),
    [
        ({}, NAME, "At most 50 characters; a longer one makes it an error."),
        ({"max": 9, "too_long": "cut"}, NAME, "At most 9 characters; a longer one is cut."),
        ({}, Target(("birthday",)), "A date or a number: it has no length."),
    ],
)
def test_the_limit_is_told(keys: dict[str, object], target: Target, says: str) -> None:
    assert limit_in_words(rule(**{"from": "A"}, **keys), target) == says
