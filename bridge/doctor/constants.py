"""Which values of picklists the mapping files name: in conditions and in lookup tables. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel, ValidationError

from bridge.mapping.checks import FieldNames
from bridge.mapping.rules import Condition, Rule
from bridge.mapping.schema import ContactFile, ListFile, MembershipFile
from bridge.mapping.yaml_tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.mapping.names import Names
    from bridge.mapping.rules import Lookup

_FILES: dict[str, type[ContactFile | ListFile | MembershipFile]] = {
    "contact.yaml": ContactFile,
    "list.yaml": ListFile,
    "membership.yaml": MembershipFile,
}
_CHOICES = frozenset({"is_", "is_not", "in_", "not_in", "includes"})


class Named(NamedTuple):
    """A value of a field that a mapping file names."""

    file: str
    object: str
    path: str
    value: str


def named_values(files: Mapping[str, str], names: Names) -> Iterator[Named]:
    """Yield the texts that files in force compare fields with; those of other types are not told.

    A file that cannot be read in its shape is told of elsewhere.
    """
    for name, model in _FILES.items():
        try:
            file = model.model_validate(read_tree(files.get(name, "")).data)
        except ValidationError:
            continue
        part = getattr(names, file.source)
        resolve = FieldNames(names, file).resolve
        lookups = {} if isinstance(file, MembershipFile) else file.lookups
        for source, value in _pairs(file, lookups):
            yield Named(name, part.object, resolve(source), value)


def _pairs(part: object, lookups: Mapping[str, Lookup]) -> Iterator[tuple[str, str]]:
    if isinstance(part, Condition):
        yield from _compared(part)
    elif isinstance(part, Rule):
        yield from _looked_up(part, lookups)
    for each in _inner(part):
        yield from _pairs(each, lookups)


def _compared(condition: Condition) -> Iterator[tuple[str, str]]:
    if condition.field is None or condition.operator not in _CHOICES:
        return
    asked = getattr(condition, condition.operator)
    for value in asked if isinstance(asked, list) else [asked]:
        if isinstance(value, str):
            yield condition.field, value


def _looked_up(rule: Rule, lookups: Mapping[str, Lookup]) -> Iterator[tuple[str, str]]:
    """Yield what a table translates, where nothing is done to the value before."""
    first = rule.transform[0] if rule.transform else None
    if rule.from_ is not None and first is not None and first.name == "lookup":
        for value in lookups[first.argument].table if first.argument in lookups else ():
            yield rule.from_, value


def _inner(part: object) -> list[object]:
    if isinstance(part, BaseModel):
        return [getattr(part, name) for name in type(part).model_fields]
    if isinstance(part, dict):
        return list(part.values())
    return part if isinstance(part, list) else []
