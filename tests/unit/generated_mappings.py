"""Mapping files at random: every source, operator and transform, as people may join them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from bridge.mapping.rules import Condition, Rule
from bridge.mapping.steps import StepBody, plain_names
from bridge.salesforce.children import Children, as_text
from tests.unit.mapping_builders import HEAD

FIELDS = ["A__c", "B__c", "N__c", "D__c", "Account.Name", "Account.Owner.Name"]

TEXTS = st.text(st.characters(), max_size=30)  # halves of characters too
HUGE = st.sampled_from(["x", " ", "é", "<", "9", "-", "\n", ";", "(", "\0", "0,"]).map(
    lambda sign: sign * 150_000
)
VALUES = (
    st.none()
    | TEXTS
    | st.sampled_from(
        [
            *("", " ", "Gold", "true", "false", "24", "1.2E7", "-0.5", "NaN", "1E-99999"),
            *("2026-01-31", "2026-01-31T10:00:00.000Z", "+1 555 010 9999", "AU"),
            *("a;b", "<p>x</p>", "Ada Lovelace"),
        ]
    )
)
"""What a record may hold."""

_FIELD = st.sampled_from(FIELDS)
_WORD = st.sampled_from(["Gold", "x", "é", "a b", "true", "24", "<"])
_NUMBER = st.sampled_from([0, 24, -1, 2.5])
_LIMIT = _NUMBER | st.just("2026-01-31")
_SCALAR = _WORD | _NUMBER | st.booleans()
_PATTERN = st.sampled_from(["[a-z]+", "(?i)gold", "(a|b)*", ".*", r"\pL\d?", "^x$"])

OPERATORS: dict[str, st.SearchStrategy[Any]] = {
    "is": _SCALAR,
    "is_not": _SCALAR,
    "in": st.lists(_SCALAR, min_size=1, max_size=3),
    "not_in": st.lists(_SCALAR, min_size=1, max_size=3),
    "present": st.booleans(),
    "matches": _PATTERN,
    "contains": _WORD,
    "starts_with": _WORD,
    "ends_with": _WORD,
    "includes": _WORD,
    "above": _LIMIT,
    "at_least": _LIMIT,
    "below": _LIMIT,
    "at_most": _LIMIT,
}
_QUESTIONS = st.sampled_from(sorted(OPERATORS)).flatmap(
    lambda operator: st.fixed_dictionaries({"field": _FIELD, operator: OPERATORS[operator]})
)
CONDITIONS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    _QUESTIONS,
    lambda inner: (
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"not": inner})
    ),
    max_leaves=5,
)

ARGUMENTS: dict[str, list[Any]] = {
    "cut": [1, 40],
    "prefix": ["No. "],
    "suffix": [" years"],
    "replace": [
        {"find": "a", "with": "bb"},
        {"find": "bb", "with": ""},
        {"pattern": "(a)|[0-9]*", "with": r"<\1>"},
    ],
    "number": [{"decimals": 2, "thousands": ".", "point": ","}],
    "money": [{"symbol": "$"}],
    "bands": [[{"below": 5, "text": "Gold"}, {"text": "24"}]],
    "date": ["D MMMM YYYY", "MM/DD/YY"],
    "in_zone": ["Europe/Berlin"],
    "yes_no": [{"if_true": "Gold", "if_false": "a;b"}],
    "join": [" / ", ";"],
    "has": ["Gold"],
    "lookup": ["kept", "lost", "asked"],
    "truncate": [{"to": 20}, {"to": 9, "at": "character", "end": ""}],
    "split": [{"at": ";", "take": 1}, {"at": " ", "take": -1}],
    "percent": [{"decimals": 1, "fraction": True}],
    "round": [1000, 0.05],
    "date_time": ["D MMMM YYYY, HH:mm", {"zone": "Australia/Sydney"}],
    "only": [["Gold", "a"]],
    "phone": [{"country": "AU"}, {"country_from": "A__c", "invalid": "empty"}],
    "state_name": [{"country": "AU"}],
    "state_code": [{"country_from": "B__c"}],
}
STEPS = st.sampled_from(plain_names()) | st.sampled_from(
    [{name: argument} for name, arguments in ARGUMENTS.items() for argument in arguments]
)

_OF_KIDS = st.fixed_dictionaries({"field": st.just("Since"), "present": st.booleans()})
_ORDERS = st.sampled_from(["Since", "-Since"])
_CASES = st.lists(
    st.fixed_dictionaries({"when": CONDITIONS, "value": _WORD})
    | st.fixed_dictionaries({"when": CONDITIONS, "from": _FIELD}),
    min_size=1,
    max_size=3,
)
SOURCES: dict[str, st.SearchStrategy[Any]] = {
    "from": _FIELD,
    "first_of": st.lists(_FIELD, min_size=2, max_size=3),
    "join": st.fixed_dictionaries({"fields": st.lists(_FIELD, min_size=2, max_size=3)}),
    "template": st.sampled_from(
        ["{A__c}", "Dear {A__c|friend}, {Account.Name}", "{{{N__c}}} {$email}", "{D__c} {A__c} x"]
    ),
    "child": st.fixed_dictionaries(
        {"of": st.just("Kids"), "field": st.just("Role")},
        optional={"where": _OF_KIDS, "take": st.sampled_from(["first", "all"])},
    ).flatmap(
        lambda child: st.sampled_from(["Since", "-Since"]).map(lambda by: child | {"order_by": by})
    ),
    "value": _WORD,
    "cases": _CASES,
}
KEYS: dict[str, st.SearchStrategy[Any]] = {
    "when": CONDITIONS,
    "transform": st.lists(STEPS, max_size=3),
    "default": _WORD,
    "max": st.integers(20, 25),
}


def _rules(**always: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.sampled_from(sorted(SOURCES)).flatmap(
        lambda source: st.fixed_dictionaries(
            {source: SOURCES[source], **{key: st.just(value) for key, value in always.items()}},
            optional=KEYS | WRITES,
        ).filter(_may_be_empty)
    )


def _may_be_empty(rule: dict[str, Any]) -> bool:
    """Tell whether `never_clear`, if it is there, has something to decide."""
    is_filled = "default" in rule or ("value" in rule and "when" not in rule)
    return rule.get("write") != "never_clear" or not is_filled


WRITES: dict[str, st.SearchStrategy[Any]] = {
    key: st.sampled_from(["always", "if_empty_there", "never_clear", "create_only"])
    for key in ("write",)
    if key in Rule.model_fields
}
_CUT = _rules(too_long="cut")
_DAY = st.fixed_dictionaries(
    {"from": st.sampled_from(["D__c", "A__c"])}, optional={"when": CONDITIONS}
)
_FIELDS_OF_A_CONTACT = st.fixed_dictionaries(
    {"email_address": st.just({"from": "$email", "transform": ["trim"]})},
    optional={
        "first_name": _CUT,
        "last_name": _CUT,
        "birthday": _DAY,
        "anniversary": _DAY,
        "phone_numbers": st.fixed_dictionaries({}, optional={"home": _rules(), "work": _rules()}),
        "street_addresses": st.fixed_dictionaries({"home": st.fixed_dictionaries({"city": _CUT})}),
        "custom_fields": st.fixed_dictionaries(
            {"one": _rules(label="One", too_long="cut")},
            optional={"two": _rules(label="Two", type="number"), "three": _rules(label="Three")},
        ),
    },
)
_LOOKUPS = {
    "kept": {"table": {"Gold": "24", "a;b": "Gold"}, "otherwise": "keep"},
    "lost": {"table": {"Gold": "x", "24": None, "x": "Gold"}},
    "asked": {"table": {"Gold": "Gold", "24": "24", "true": "24", "x": "x"}, "otherwise": "error"},
}
FILES: st.SearchStrategy[str] = st.fixed_dictionaries(
    {"fields": _FIELDS_OF_A_CONTACT},
    optional={
        "leave_out": st.lists(
            st.fixed_dictionaries({"when": CONDITIONS, "reason": st.just("left")}), max_size=2
        ),
        "explicit_permission_when": CONDITIONS,
    },
).map(lambda parts: HEAD + _yaml({"lookups": _LOOKUPS, **parts}))
"""The text of a contact.yaml; some are refused, where nothing could ever come of a rule."""


def _yaml(parts: dict[str, Any]) -> str:
    """Return the parts as YAML, of which JSON is a kind."""
    return "\n".join(f"{key}: {json.dumps(part)}" for key, part in parts.items())


KIDS = Children("Kids", ("Role", "Since")).path
_ROLE = st.none() | _WORD
_ROWS = st.lists(
    st.fixed_dictionaries({"Role": _ROLE, "Since": st.none() | st.just("24")}), max_size=3
)


@st.composite
def _records(draw: st.DrawFn) -> dict[str, str | None]:
    """Return a record that says nothing twice: below a parent that is null, nothing has a value."""
    known = draw(st.dictionaries(st.sampled_from(FIELDS), VALUES | HUGE, max_size=6))
    known |= draw(st.fixed_dictionaries({}, optional={KIDS: VALUES | _ROWS.map(as_text)}))
    record = {"Email": draw(st.just("ada@example.org") | VALUES), **known}
    if draw(st.booleans()):
        parent = draw(st.sampled_from(["Account", "Account.Owner"]))
        record = {key: v for key, v in record.items() if not key.startswith(f"{parent}.")}
        record[parent] = None
    return record


RECORDS = st.lists(_records(), min_size=1, max_size=5)


def uncovered() -> set[str]:
    """Return the operators, sources and transforms that no generated file has."""
    conditions = {field.alias or name for name, field in Condition.model_fields.items()}
    rules = {field.alias or name for name, field in Rule.model_fields.items()}
    steps = {field.alias or name for name, field in StepBody.model_fields.items()}
    return (
        (conditions - OPERATORS.keys() - {"field", "all", "any", "not"})
        | (rules - SOURCES.keys() - KEYS.keys() - WRITES.keys() - {"required", "too_long"})
        | (steps - {*plain_names(), *ARGUMENTS})
    )
