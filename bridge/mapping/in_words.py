"""Say what the rules of a mapping do, in sentences for people who read no YAML. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.mapping.placeholders import read_text
from bridge.mapping.steps_in_words import number_in_words, quoted, steps_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bridge.mapping.rules import Case, Condition, Lookup, Rule
    from bridge.mapping.targets import Target

    Resolve = Callable[[str], str]

WRITES = {
    "always": "Written whenever it differs.",
    "if_empty_there": "Written only where Constant Contact has nothing there.",
    "never_clear": "Written whenever it differs, and never emptied.",
    "create_only": "Written once, when the contact is created.",
}
"""Write rule -> when a part is written."""

_EMPTIED = "Then it is emptied in Constant Contact."
_KEPT = "Then what Constant Contact has is kept."
_NOTHING = "Then nothing is written."
_WHEN_EMPTY = {
    "always": _EMPTIED,
    "if_empty_there": _NOTHING,
    "never_clear": _KEPT,
    "create_only": _NOTHING,
}


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return words as a list in a sentence.

    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    head, tail = words[:-1], words[-1:]
    return f" {last} ".join([", ".join(head), *tail] if head else tail)


def condition_in_words(condition: Condition, resolve: Resolve = str) -> str:
    """Return a condition as a clause.

    >>> from bridge.mapping.rules import Condition
    >>> condition_in_words(Condition(field="Title", present=True))
    'Title has a value'
    """
    operator = condition.operator
    wanted = getattr(condition, operator)
    if operator in {"all", "any"}:
        inner = [_inside(one, resolve) for one in wanted]
        return listed(inner, "and" if operator == "all" else "or")
    if operator == "not_":
        return f"it is not so that {_inside(wanted, resolve)}"
    return f"{resolve(condition.field or '')} {OPERATORS[operator](wanted)}"


def _inside(condition: Condition, resolve: Resolve) -> str:
    """Return a condition that stands in another one; a group is put in brackets."""
    told = condition_in_words(condition, resolve)
    is_group = condition.operator in {"all", "any"} and len(getattr(condition, condition.operator))
    return f"({told})" if is_group else told


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "ticked" if value else "not ticked"
    return number_in_words(value) if isinstance(value, int | float) else quoted(value)


def _is(wanted: Any) -> str:
    return f"is {_shown(wanted)}"


def _is_not(wanted: Any) -> str:
    return _is(not wanted) if isinstance(wanted, bool) else f"is not {_shown(wanted)}"


def _one_of(items: Sequence[Any]) -> str:
    return listed([_shown(item) for item in items], "or")


def _limit(limit: float | str) -> str:
    return limit if isinstance(limit, str) else number_in_words(limit)


OPERATORS: dict[str, Callable[[Any], str]] = {
    "is_": _is,
    "is_not": _is_not,
    "in_": lambda items: f"is {_one_of(items)}",
    "not_in": lambda items: f"is not {_one_of(items)}",
    "present": lambda wanted: "has a value" if wanted else "has no value",
    "matches": lambda pattern: f"has the form {quoted(pattern)}",
    "contains": lambda text: f"contains {quoted(text)}",
    "starts_with": lambda text: f"begins with {quoted(text)}",
    "ends_with": lambda text: f"ends with {quoted(text)}",
    "includes": lambda item: f"has {quoted(item)} chosen",
    "above": lambda limit: f"is above {_limit(limit)}",
    "at_least": lambda limit: f"is at least {_limit(limit)}",
    "below": lambda limit: f"is below {_limit(limit)}",
    "at_most": lambda limit: f"is at most {_limit(limit)}",
}
"""Operator of a condition, by its name in the model -> what it asks."""


def source_in_words(rule: Rule, resolve: Resolve = str) -> str:
    """Return where a value comes from, as a sentence."""
    source = next(iter(rule.model_fields_set & SOURCES.keys()), None)
    if source is None:
        return "Made as the mapping file says."
    told = f"{SOURCES[source](rule, resolve)}."
    if source in _BEGIN_LIKE_A_SENTENCE:
        told = told[0].upper() + told[1:]
    if rule.when is not None:
        told += f" Only where {condition_in_words(rule.when, resolve)}; elsewhere it is empty."
    return told


def _first_of(rule: Rule, resolve: Resolve) -> str:
    fields = listed([resolve(field) for field in rule.first_of or []])
    return f"the first of {fields} that has a value"


def _join(rule: Rule, resolve: Resolve) -> str:
    assert rule.join is not None  # noqa: S101 - it is the source
    fields = listed([resolve(field) for field in rule.join.fields])
    between = "a blank" if rule.join.with_ == " " else quoted(rule.join.with_)
    return f"{fields}, joined by {between}; what is empty is passed over"


def _cases(rule: Rule, resolve: Resolve) -> str:
    return "; ".join(_case(case, resolve) for case in rule.cases or [])


def _case(case: Case, resolve: Resolve) -> str:
    told = resolve(case.from_) if case.from_ else quoted(case.value)
    if case.when is None:
        return f"otherwise {told}"
    return f"{told} where {condition_in_words(case.when, resolve)}"


def _template(rule: Rule, resolve: Resolve) -> str:
    told = f"the text {quoted(rule.template)} with its fields filled in"
    instead = [
        f"{quoted(field.fallback)} stands for an empty {resolve(field.source)}"
        for field in read_text(rule.template or "").fields
        if field.fallback
    ]
    return "; ".join([told, *instead])


def _child(rule: Rule, _: Resolve) -> str:
    child = rule.child
    assert child is not None  # noqa: S101 - it is the source
    which = "the first of" if child.take == "first" else "all"
    told = f"{child.field} of {which} {child.of} that have one"
    if child.where is not None:
        told += f" and where {condition_in_words(child.where)}"
    if child.order_by is not None:
        descending = child.order_by.startswith("-")
        told += f", in the order of {child.order_by.lstrip('-')}{', the last' * descending}"
        told += " first" * descending
    return told if child.take == "first" else f"{told}, joined by {quoted(child.with_)}"


SOURCES: dict[str, Callable[[Rule, Resolve], str]] = {
    "from_": lambda rule, resolve: resolve(rule.from_ or ""),
    "first_of": _first_of,
    "join": _join,
    "template": _template,
    "child": _child,
    "value": lambda rule, _: f"always {quoted(rule.value)}",
    "cases": _cases,
}
"""Source of a rule, by its name in the model -> what it says."""

_BEGIN_LIKE_A_SENTENCE = {"first_of", "template", "value"}


def changes_in_words(rule: Rule, lookups: Mapping[str, Lookup]) -> str:
    """Return what is done to the value on the way, as a sentence; empty where it is nothing."""
    told = "; then ".join(steps_in_words(rule.transform, lookups))
    return f"{told[0].upper()}{told[1:]}." if told else ""


def written_in_words(rule: Rule) -> str:
    """Return when the part is written, as a sentence."""
    return WRITES[rule.write]


def when_empty_in_words(rule: Rule, target: Target) -> str:
    """Return what becomes of the part where there is no value, as a sentence."""
    if rule.required or target.is_key:
        return "Then the record is an error, and nothing of it is sent."
    if rule.value is not None and rule.when is None:
        return "It is never empty."
    if rule.default is not None:
        return f"Then it is {quoted(rule.default)}."
    return _WHEN_EMPTY[rule.write]


def limit_in_words(rule: Rule, target: Target) -> str:
    """Return how much the part takes, and what happens above that, as a sentence."""
    if target.limit is None:
        return "A date or a number: it has no length."
    above = "a longer one is cut" if rule.too_long == "cut" else "a longer one makes it an error"
    return f"At most {min(rule.max or target.limit, target.limit)} characters; {above}."
