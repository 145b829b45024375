"""Tell what is wrong with a mapping file: where, why, and the nearest right name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

from bridge.mapping.rules import FORMS
from bridge.mapping.yaml_tree import Path, Place, Tree, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    "greater_than_equal": "at least {ge} is expected",
    "less_than_equal": "at most {le} is expected",
    "string_too_long": "longer than {max_length} characters",
    "string_too_short": "at least {min_length} characters are expected",
    "too_long": "{actual_length} items, and at most {max_length} are possible",
    "too_short": "{actual_length} items, and at least {min_length} are needed",
}


def explained(
    tree: Tree, model: type[BaseModel], error: ValidationError
) -> list[tuple[Place, str]]:
    """Return place and cause of each thing that the schema refuses, in the words of the file."""
    found: dict[Path, list[Mapping[str, Any]]] = {}
    for fault in error.errors(include_url=False):
        path = _path(tree.data, fault["loc"])
        if fault["type"] == "missing":
            path = (*path, str(fault["loc"][-1]))
        found.setdefault(path, []).append(fault)  # the branches of a choice fail at one place
    return [_told(tree, model, path, faults) for path, faults in found.items()]


def _path(data: Any, loc: tuple[int | str, ...]) -> Path:
    """Return the part of pydantic's location that the file has: not the branches of a choice."""
    path: Path = ()
    for part in loc:
        inner = dict(enumerate(data)) if isinstance(data, list) else data
        if isinstance(inner, dict) and part in inner:
            data, path = inner[part], (*path, part)
    return path


def _told(
    tree: Tree, model: type[BaseModel], path: Path, faults: list[Mapping[str, Any]]
) -> tuple[Place, str]:
    """Return place and cause of the faults that pydantic found with one part of the file."""
    kinds = {fault["type"] for fault in faults}
    fault = faults[0]
    where = ".".join(str(part) for part in path)
    if "extra_forbidden" in kinds:
        key = str(next(f["loc"][-1] for f in faults if f["type"] == "extra_forbidden"))
        known = _keys_at(model, path[:-1] if path and path[-1] == key else path)
        return tree.place(path, key=True), f"unknown key `{key}`{nearest(key, known)}"
    if "missing" in kinds:
        return tree.place(path[:-1]), f"`{path[-1]}` is missing{_inside(path[:-1])}"
    if kinds <= set(_EXPECTED) and len(faults) > 1:
        if {"string_type", "int_type"} <= kinds:  # a whole number is a number
            kinds -= {"int_type"}
        choices = sorted({_EXPECTED[kind] for kind in kinds})
        return tree.place(path), f"{where}: {' or '.join(choices)} is expected"
    return tree.place(path), f"{where}: {_cause(fault)}" if where else _cause(fault)


def _inside(path: Path) -> str:
    return f" in {'.'.join(str(part) for part in path)}" if path else ""


def _cause(fault: Mapping[str, Any]) -> str:
    """Return why one value is refused."""
    kind, given, context = fault["type"], fault["input"], fault.get("ctx", {})
    if kind == "string_type" and isinstance(given, int | float | dict):  # {Name} is a mapping
        return "a text is expected: put it in quotes"
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]} is expected"
    if kind in _SIZES:
        return _SIZES[kind].format(**context)
    if kind == "string_pattern_mismatch":
        return f"{given!r} is not {FORMS[context['pattern']]}"
    if kind == "literal_error":
        return _not_one_of(given, str(context["expected"]))
    return str(fault["msg"]).removeprefix("Value error, ")


def _not_one_of(given: object, expected: str) -> str:
    """Return why a word is refused; pydantic gives the right ones as `'a', 'b' or 'c'`."""
    if expected == "True":
        return "takes no argument: write its name alone"
    known = expected.split("'")[1::2]
    if len(known) == 1:
        return f"{given!r}: {known[0]} is expected here"
    return f"{given!r} is none of them{nearest(str(given), known)}"


def _keys_at(model: object, path: Path) -> list[str]:
    """Return the keys that the schema knows for the mapping at a path."""
    models = list(_models_in(model))
    for part in path:
        fields = [
            field.annotation
            for known in models
            for name, field in known.model_fields.items()
            if part in {name, field.alias}
        ]
        # A part that no model knows is an item of a list or a key of a table: the model stays.
        models = [inner for field in fields for inner in _models_in(field)] or models
    return [field.alias or name for known in models for name, field in known.model_fields.items()]


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    """Yield the models that an annotation names, however deep in lists, choices and tables."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    named = getattr(annotation, "__value__", None)  # a named alias of a type
    for part in get_args(annotation) if named is None else [named]:
        yield from _models_in(part)
