"""What the rules of the mapping files ask of the fields that they read, and where. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, ValidationError

from bridge.mapping.checks import FieldNames
from bridge.mapping.placeholders import read_text
from bridge.mapping.rules import Condition, CustomRule, Rule
from bridge.mapping.schema import ClientFile, ContactFile, Filter, ListFile, MembershipFile
from bridge.mapping.targets import Target, rules_of
from bridge.mapping.yaml_tree import Path, Tree, Within, read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.mapping.names import Names
    from bridge.mapping.rules import Lookup

Kind: TypeAlias = Literal["date", "time", "number", "box", "choices", "text"]
AnyFile: TypeAlias = ContactFile | ListFile | MembershipFile | ClientFile

_FILES: dict[str, type[AnyFile]] = {
    "contact.yaml": ContactFile,
    "list.yaml": ListFile,
    "membership.yaml": MembershipFile,
    "client.yaml": ClientFile,
}
_STEPS: dict[str, Kind] = {
    "date": "date",
    "year": "date",
    "month": "date",
    "month_name": "date",
    "day": "date",
    "date_time": "time",
    "in_zone": "time",
    "number": "number",
    "money": "number",
    "percent": "number",
    "round": "number",
    "bands": "number",
    "yes_no": "box",
    "join": "choices",
    "only": "choices",
    "sort": "choices",
    "has": "choices",
}
"""Transform -> what the value has to be that it is given."""

_KEEP_LENGTH = frozenset(
    {"trim", "squeeze", "lower", "upper", "title", "name", "one_line", "replace"}
)
_TARGETS: dict[str, Kind] = {"birthday": "date", "anniversary": "date"}
_CUSTOM: dict[str, Kind] = {"date": "date", "number": "number"}


class Table(NamedTuple):
    """A lookup table that a field's values go through, and what becomes of others."""

    name: str
    otherwise: str


@dataclass(frozen=True, kw_only=True)
class Use:
    """One thing that a rule does with a field.

    Attributes:
        place: File, line and column: `contact.yaml:12:5`.
        path: A path from the object, as SOQL writes it.
        by: What does it, as people know it: `is`, `bands`, `first_name`.
        kind: What the value has to be; None: anything.
        values: Texts that the field is compared with.
        table: Where these are the keys of a lookup table.
        limit: Characters that the value may have, where it is not cut.
        is_sent: The value goes to the other side.
    """

    file: str
    place: str
    object: str
    path: str
    by: str = ""
    kind: Kind | None = None
    values: tuple[str, ...] = ()
    table: Table | None = None
    limit: int | None = None
    is_sent: bool = False


def uses_of(files: Mapping[str, str], names: Names) -> Iterator[Use]:
    """Yield what the rules of mapping files do with fields, in the order of the files.

    A file that cannot be read in its shape is told of elsewhere.
    """
    for name, model in _FILES.items():
        tree = read_tree(files.get(name, ""))
        try:
            file = model.model_validate(tree.data)
        except ValidationError:
            continue
        yield from _Reader(name, tree, file, names).uses()


def places_of(files: Mapping[str, str], names: Names) -> dict[str, str]:
    """Return where each field is named first, by object and path: `Contact.Title`.

    What names.yaml names stands there, unless the connection has a name of its own.
    """
    found: dict[str, str] = {}
    for use in uses_of(files, names):
        found.setdefault(f"{use.object}.{use.path}", use.place)
    engagement = ("fields", names.interaction.profile)
    for path, place in read_tree(files.get("interaction.yaml", "")).keys.items():
        if path[:2] == engagement and len(path) == len(engagement) + 1:
            about = f"{names.interaction.object}.{path[-1]}"
            found.setdefault(about, f"interaction.yaml:{place.line}:{place.column}")
    profile = ("profiles", names.profile)
    for path, place in read_tree(files.get("names.yaml", "")).values.items():
        owner = getattr(names, str(path[2]), None) if path[:2] == profile and path[3:] else None
        if owner is not None:
            field = getattr(owner, str(path[3]), None)
            about = owner.object if path[3] == "object" else f"{owner.object}.{field}"
            found.setdefault(about, f"names.yaml:{place.line}:{place.column}")
    return found


def labels_of(files: Mapping[str, str]) -> dict[str, str]:
    """Return where contact.yaml says the label of each custom field, by the key of the field."""
    return {
        str(path[2]): f"contact.yaml:{place.line}:{place.column}"
        for path, place in read_tree(files.get("contact.yaml", "")).values.items()
        if path[:2] == ("fields", "custom_fields") and path[3:] == ("label",)
    }


class _Reader:
    def __init__(self, name: str, tree: Tree, file: AnyFile, names: Names) -> None:
        self._name = name
        self._tree = tree
        self._file = file
        self._resolve = FieldNames(names, file).resolve
        self._object: str = getattr(names, file.source).object
        self._lookups: Mapping[str, Lookup] = getattr(file, "lookups", {})
        self._children: dict[Path, str] = {}
        self._targets: dict[Path, Target] = {}
        if isinstance(file, ContactFile | ListFile):
            self._targets = {
                ("fields", *target.path): target for target, _ in rules_of(file.fields)
            }

    def uses(self) -> Iterator[Use]:
        for path, part in _parts(self._file, ()):
            if isinstance(part, Condition):
                yield from self._condition(part, path)
            elif isinstance(part, Rule):
                yield from self._rule(part, path)
            elif isinstance(part, Filter):
                yield self._use((*path, "field"), part.field, by="filters")
        if isinstance(self._file, ClientFile):
            for number, source in enumerate(self._file.fields):
                yield self._use(("fields", number), source, by="fields")

    def _use(
        self,
        at: Path,
        source: str,
        *,
        by: str,
        kind: Kind | None = None,
        values: tuple[str, ...] = (),
        table: Table | None = None,
        limit: int | None = None,
        is_sent: bool = False,
    ) -> Use:
        place = self._tree.place(at)
        return Use(
            file=self._name,
            place=f"{self._name}:{place.line}:{place.column}",
            object=self._object,
            path=".".join([*self._relation(at), self._resolve(source)]),
            by=by,
            kind=kind,
            values=values,
            table=table,
            limit=limit,
            is_sent=is_sent,
        )

    def _relation(self, at: Path) -> list[str]:
        """Return the relationship whose records a part of the file is about, where it is one."""
        return [of for path, of in self._children.items() if at[: len(path)] == path]

    def _condition(self, condition: Condition, path: Path) -> Iterator[Use]:
        if condition.field is None:
            return
        asked = getattr(condition, condition.operator)
        items = asked if isinstance(asked, list) else [asked]
        by = condition.operator.rstrip("_")
        texts = tuple(item for item in items if isinstance(item, str))
        kind: Kind | None = None
        if by in {"above", "at_least", "below", "at_most"}:
            kind, texts = ("date" if texts else "number"), ()
        elif by == "includes":
            kind = "choices"
        elif by in {"is", "is_not", "in", "not_in"}:
            is_box = any(isinstance(item, bool) for item in items)
            kind = "box" if is_box else "text" if texts else "number"
        else:
            texts = ()
        yield self._use((*path, "field"), condition.field, by=by, kind=kind, values=texts)

    def _rule(self, rule: Rule, path: Path) -> Iterator[Use]:
        target = self._targets.get(path)
        what = path[-1] if target is None else target.name
        for at, source in self._of_children(rule, path):
            yield self._use(at, source, by=str(what), is_sent=at[-1] == "field")
        for number, step in enumerate(rule.transform):
            for key, source in step.asks:
                yield self._use((*path, "transform", number, step.name, key), source, by=step.name)
        for at, source in _sources(rule, path):
            yield self._use(at, source, by=str(what), is_sent=True)
            if rule.join is None and rule.template is None:
                yield from self._treated(rule, path, source)
                yield from self._fitted(rule, target, at, source)

    def _of_children(self, rule: Rule, path: Path) -> Iterator[tuple[Path, str]]:
        """Yield the fields of child records that a rule reads, and remember where they stand."""
        if rule.child is not None:
            at = (*path, "child")
            self._children[at] = rule.child.of
            yield (*at, "field"), rule.child.field
            if rule.child.order_by is not None:
                yield (*at, "order_by"), rule.child.order_by.removeprefix("-")

    def _treated(self, rule: Rule, path: Path, source: str) -> Iterator[Use]:
        """Yield what the first transform asks of a value, or the target where there is none."""
        if not rule.transform:
            kind = _TARGETS.get(str(path[-1])) if len(path) == len(("fields", "name")) else None
            if isinstance(rule, CustomRule):
                kind = _CUSTOM.get(rule.type)
            if kind is not None:
                yield self._use(path, source, by=str(path[-1]), kind=kind)
            return
        first = rule.transform[0]
        at = (*path, "transform", 0)
        if first.name == "lookup":
            lookup = self._lookups.get(first.argument)
            if lookup is not None:
                table = Table(first.argument, lookup.otherwise)
                values = tuple(lookup.table)
                yield self._use(at, source, by="lookup", values=values, table=table)
        elif kind := _STEPS.get(first.name):
            values = (first.argument,) if first.name == "has" else ()
            yield self._use(at, source, by=first.name, kind=kind, values=values)

    def _fitted(self, rule: Rule, target: Target | None, at: Path, source: str) -> Iterator[Use]:
        """Yield how long a value may be that nothing shortens."""
        if target is None or target.limit is None or target.is_kept_whole:
            return
        if rule.too_long == "error" and {step.name for step in rule.transform} <= _KEEP_LENGTH:
            yield self._use(at, source, by=target.name, limit=rule.max or target.limit)


def _sources(rule: Rule, path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the fields that a value may come from, each with its place."""
    if rule.from_ is not None:
        yield (*path, "from"), rule.from_
    for number, source in enumerate(rule.first_of or []):
        yield (*path, "first_of", number), source
    for number, source in enumerate(rule.join.fields if rule.join else []):
        yield (*path, "join", "fields", number), source
    for field in read_text(rule.template or "").fields:
        yield (*path, "template", Within(field.at)), field.source
    for number, case in enumerate(rule.cases or []):
        if case.from_ is not None:
            yield (*path, "cases", number, "from"), case.from_


def _parts(part: object, path: Path) -> Iterator[tuple[Path, BaseModel]]:
    """Yield every model in a file with its path, by the keys that the file uses."""
    if isinstance(part, BaseModel):
        yield path, part
        for name, field in type(part).model_fields.items():
            yield from _parts(getattr(part, name), (*path, field.alias or name))
    elif isinstance(part, dict):
        for key, inner in part.items():
            yield from _parts(inner, (*path, key))
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            yield from _parts(inner, (*path, number))
