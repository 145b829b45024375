"""Why the schema refuses one value of a mapping file, and what to write instead. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bridge.mapping.rules import FORMS
from bridge.mapping.yaml_tree import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_EXPECTED = {
    "bool_type": "true or false",
    "dict_type": "a mapping (`key: value` lines)",
    "float_type": "a number",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list (`- item` lines, or [a, b])",
    "model_attributes_type": "a mapping (`key: value` lines)",
    "model_type": "a mapping (`key: value` lines)",
    "string_type": "a text",
}
_SIZES = {
    "greater_than_equal": "at least {ge} is expected: write {ge} or more",
    "less_than_equal": "at most {le} is expected: write {le} or less",
    "string_too_long": "longer than {max_length} characters: shorten it",
    "string_too_short": "at least {min_length} characters are expected: write them, or leave the "
    "key out",
    "too_long": "{actual_length} items, and at most {max_length} are possible: take some out",
    "too_short": "{actual_length} items, and at least {min_length} are needed: add to them",
}
_ONE_FOR_SEVERAL = {"is": "in", "is_not": "not_in", "from": "first_of"}
_FEW = 6
_number = re.compile(r"-?\d+(\.\d+)?").fullmatch
_switch = re.compile(r"true|false|yes|no|on|off", re.IGNORECASE).fullmatch


def refusal(faults: Sequence[Mapping[str, Any]], *, key: str, known: Sequence[str]) -> str:
    """Return why a value is refused, with what to write instead.

    Args:
        faults: What pydantic says of it; several where it fits none of the possible shapes.
        key: The key that it belongs to.
        known: The keys that a mapping in its place may have.
    """
    kinds = {fault["type"] for fault in faults}
    given = faults[0]["input"]
    if kinds <= _EXPECTED.keys():
        if {"string_type", "int_type"} <= kinds:  # a whole number is a number
            kinds -= {"int_type"}
        expected = " or ".join(sorted({_EXPECTED[kind] for kind in kinds}))
        advice = _advice(kinds, given, key, known)
        return f"{expected} is expected{f': {advice}' if advice else ''}"
    fault = next((f for f in faults if f["type"] == "literal_error"), faults[0])
    if fault["type"] == "too_short" and key == "first_of":
        return "one field alone: write `from` for it"
    return _cause(fault)


def _advice(kinds: set[str], given: object, key: str, known: Sequence[str]) -> str:
    """Return what to write where a value of another kind is expected; empty where that says it."""
    if isinstance(given, list) and key in _ONE_FOR_SEVERAL:
        return f"for several write `{_ONE_FOR_SEVERAL[key]}`"
    if kinds == {"list_type"}:
        return _as_list(given)
    if kinds & {"model_type", "model_attributes_type", "dict_type"}:
        first = sorted(known, key=lambda name: name not in {"label", "from"})
        few = ", ".join(f"`{name}:`" for name in first[:_FEW])
        if not key and not isinstance(given, list):
            return "begin with `source: …`"
        if isinstance(given, list):
            return "leave the `-` or the brackets out"
        return f"write its keys below it, such as {few}" if few else ""
    return _as_plain(kinds, given)


def _as_list(given: object) -> str:
    first = str(next(iter(given), "")) if isinstance(given, dict) else ""
    if isinstance(given, str) and given.startswith("-"):
        first = given.split()[0]
    if first.startswith("-"):
        return f"a blank is missing after the dash, write `- {first[1:]}`"
    is_plain = isinstance(given, str | int | float)
    return f"write `[{given}]`" if is_plain else "begin each item with `- `"


def _as_plain(kinds: set[str], given: object) -> str:
    if kinds == {"string_type"}:
        if isinstance(given, int | float | dict):  # {Name} is a mapping
            return "put it in quotes"
        return "write it without brackets and without `-`" if given is not None else ""
    if not isinstance(given, str):
        return ""
    if _number(given) and kinds & {"int_type", "float_type"}:
        return "leave the quotes out"
    if _switch(given) and "bool_type" in kinds:
        return "write true or false, without quotes"
    return ""


def _cause(fault: Mapping[str, Any]) -> str:
    """Return why one value is refused that has the right kind."""
    kind, given, context = fault["type"], fault["input"], fault.get("ctx", {})
    if kind == "string_too_short" and context["min_length"] == 1:
        return "an empty text: write one, or leave the key out"
    if kind in _SIZES:
        return _SIZES[kind].format(**context)
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]} is expected"
    if kind == "string_pattern_mismatch":
        form = FORMS[context["pattern"]]
        return (
            f"{given!r} is not {form}" if ": " in form else f"{given!r} does not fit: write {form}"
        )
    if kind == "literal_error":
        return _not_one_of(given, str(context["expected"]))
    return str(fault["msg"]).removeprefix("Value error, ")


def _not_one_of(given: object, expected: str) -> str:
    """Return why a word is refused; pydantic gives the right ones as `'a', 'b' or 'c'`."""
    if expected == "True":
        return "takes no argument: write its name alone"
    known = expected.split("'")[1::2]
    if len(known) == 1:
        return f"{given!r} is not possible here: write {known[0]}"
    return f"{given!r} is none of them{nearest(str(given), known)}"
