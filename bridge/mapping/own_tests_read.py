"""The tests of a mapping file made ready to be run, and what of them fits no rule. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bridge.mapping.model import ContactMapping
from bridge.mapping.own_tests import PERMISSION, UNTOUCHED, End, Example, Wanted, spelled
from bridge.mapping.quantities import day_of
from bridge.mapping.reads import parents_of
from bridge.mapping.schema import ContactFile, ListFile, MembershipFile
from bridge.mapping.targets import rules_of
from bridge.mapping.yaml_tree import Path, nearest
from bridge.salesforce.children import as_text, children_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as MappingOf

    from bridge.mapping.checks import FieldNames, Found
    from bridge.mapping.model import MembershipMapping
    from bridge.mapping.own_tests import Expected, OwnTest
    from bridge.mapping.yaml_tree import Tree

_ADDRESS, _LIST_NAME = "someone@example.org", "A list"
_month_and_day = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])").fullmatch

TestedFile = ContactFile | ListFile | MembershipFile


class Tested:
    """The tests of one file, beside the rules that they are about.

    Args:
        file: What was read.
        part: What its rules have become.
        fields: The names of its object.
        tree: Where everything stands.
    """

    def __init__(
        self, file: TestedFile, part: MembershipMapping, fields: FieldNames, tree: Tree
    ) -> None:
        self.file = f"{file.source}.yaml"
        self._file = file
        self._fields = fields
        self._tree = tree
        self._paths = part.paths
        self._known = {*part.paths, *(parent for path in part.paths for parent in parents_of(path))}
        self._parts: dict[tuple[str, ...], Path | None] = {}
        if isinstance(file, ContactFile | ListFile):
            for target, _ in rules_of(file.fields):
                self._parts[target.path] = ("fields", *target.path)
        if ("birthday",) in self._parts:
            for name in ("birthday_month", "birthday_day"):
                self._parts[(name,)] = ("fields", "birthday")
        if isinstance(part, ContactMapping):
            self._parts[(PERMISSION,)] = None
        self._groups = {path[:depth] for path in self._parts for depth in range(1, len(path))}

    def faults(self) -> Found:
        """Yield path and cause of each thing that a test names and no rule knows."""
        names: dict[str, int] = {}
        for number, test in enumerate(self._file.tests):
            path: Path = ("tests", number)
            if (first := names.setdefault(test.name, number)) != number:
                line = self._tree.place(("tests", first)).line
                yield (*path, "name"), f"the test in line {line} has this name: write another"
            for field, value in test.record.items():
                place = (*path, "record", field)
                unread = list(self._read(field, place))
                yield from unread or self._children(field, value, place)
            for at, field in enumerate(test.unknown):
                yield from self._read(field, (*path, "unknown", at))
            for part, _ in _leaves(test.expect or {}, ()):
                yield from self._filled(part, (*path, "expect", *part))
            for at, text in enumerate(test.untouched):
                yield from self._filled(tuple(text.split(".")), (*path, "untouched", at))

    def examples(self) -> Iterator[Example]:
        """Yield the tests, ready to be run; sound ones are expected."""
        for number, test in enumerate(self._file.tests):
            path: Path = ("tests", number)
            key: End = "expect"
            says = ""
            if test.takes_no_part is not None:
                key, says = "takes_no_part", test.takes_no_part
            elif test.refused is not None:
                key, says = "refused", test.refused
            yield Example(
                file=self.file,
                kind=self._file.source,
                name=test.name,
                place=self._tree.place(path),
                record=self._record(test),
                end=key,
                end_place=self._tree.place((*path, key), key=key == "expect"),
                says=says,
                wanted=tuple(self._wanted(test, path)),
            )

    def _read(self, field: str, path: Path) -> Found:
        if field.startswith("$") and (cause := self._fields.fault(field)):
            yield path, cause
            return
        if self._fields.resolve(field) in self._known:
            return
        yield path, f"no rule reads {field}{nearest(field, list(self._paths))}"

    def _children(self, relation: str, rows: object, path: Path) -> Found:
        """Yield the fields of child records that no rule reads."""
        if not isinstance(rows, list):
            return
        asked = {field for path in self._paths for field in _fields_below(path, relation)}
        if not asked:
            yield path, f"{relation} has no child records: write one value"
            return
        for number, row in enumerate(rows):
            for field in row.keys() - asked:
                close = nearest(field, sorted(asked))
                yield (*path, number, field), f"no rule reads {field} of {relation}{close}"

    def _filled(self, part: tuple[str, ...], path: Path) -> Found:
        if part in self._parts:
            return
        name = ".".join(part)
        if part in self._groups:
            yield path, f"{name} has parts of its own: write what each of them becomes"
            return
        inside = [".".join(known) for known in self._parts if known[-1] == part[-1]]
        if inside:
            yield path, f"no rule fills `{name}` (did you mean {inside[0]}?)"
            return
        close = nearest(name, [".".join(known) for known in self._parts])
        yield path, f"no rule fills `{name}`{close}"

    def _record(self, test: OwnTest) -> dict[str, str | None]:
        record: dict[str, str | None] = dict.fromkeys(self._paths)
        for key, value in test.record.items():
            if not isinstance(value, list):
                record[self._fields.resolve(key)] = spelled(value)
                continue
            for path in self._paths:
                if fields := _fields_below(path, key):
                    rows = [{field: spelled(row.get(field)) for field in fields} for row in value]
                    record[path] = as_text(rows)
        match self._file:
            case ContactFile():
                key, sound = self._fields.resolve("$email"), _ADDRESS
            case ListFile():
                key, sound = self._fields.resolve("$name"), _LIST_NAME
            case _:
                key, sound = "", ""
        given = {self._fields.resolve(field) for field in test.record}
        if key in record and key not in given:
            record[key] = sound
        unknown = [self._fields.resolve(field) for field in test.unknown]
        return {
            path: value
            for path, value in record.items()
            if not any(path == field or path.startswith(f"{field}.") for field in unknown)
        }

    def _wanted(self, test: OwnTest, path: Path) -> Iterator[Wanted]:
        for part, value in _leaves(test.expect or {}, ()):
            yield self._part(part, _as_told(part, value), (*path, "expect", *part))
        for number, text in enumerate(test.untouched):
            yield self._part(tuple(text.split(".")), UNTOUCHED, (*path, "untouched", number))

    def _part(self, part: tuple[str, ...], value: str | None, path: Path) -> Wanted:
        rule = self._parts[part]
        return Wanted(
            part=part,
            value=value,
            place=self._tree.place(path),
            rule_line=None if rule is None else self._tree.place(rule, key=True).line,
        )


def _fields_below(path: str, relation: str) -> tuple[str, ...]:
    """Return the fields of child records that a path asks for, where it is of this relationship."""
    children = children_at(path)
    return children.fields if children is not None and children.relation == relation else ()


def _as_told(part: tuple[str, ...], value: Expected) -> str | None:
    """Return an expected value in the spelling of what comes out; a day may be written whole."""
    assert not isinstance(value, dict)  # noqa: S101 - a leaf
    text = spelled(value)
    if text is None or part != ("birthday",) or _month_and_day(text):
        return text
    try:
        return day_of(text).strftime("%m-%d")
    except ValueError:
        return text


def _leaves(
    part: MappingOf[str, Expected], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Expected]]:
    for key, inner in part.items():
        if isinstance(inner, dict):
            yield from _leaves(inner, (*path, key))
        else:
            yield (*path, key), inner
