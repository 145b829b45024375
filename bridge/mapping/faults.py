"""Tell what the schema refuses of a mapping file: where, why, and what to write instead. Pure.

One mistake is told once: what only follows from another fault is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.mapping.places import belongs_under, keys_at, takes_any_key
from bridge.mapping.refusals import refusal
from bridge.mapping.steps import StepBody
from bridge.mapping.words import meant_by
from bridge.mapping.yaml_tree import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel, ValidationError

    from bridge.mapping.yaml_tree import Path, Place, Tree

_WITHOUT_BLANK = re.compile(r"(?P<key>[\w$.-]+):(?P<value>\S*)")
_MOST = 300  # faults of one file that are looked at: whoever has more corrects these first


@dataclass(frozen=True, kw_only=True)
class _Fault:
    """A fault, before what follows from others is left out.

    Attributes:
        path: The part of the file; with the key that is unknown or missing.
        kind: `unknown` or `missing` key, an `empty` one, one of a wrong form (`key`), or any other
            fault of a `value`.
        meant: The key that is meant instead of an unknown one, where that can be told.
    """

    path: Path
    kind: str
    place: Place
    says: str
    meant: str = ""


def may_be_null(path: Path) -> bool:
    """Tell whether a key of a file may stand without a value: it says that there is none."""
    return "table" in path or (path[0] == "tests" and path[2:3] in {("record",), ("expect",)})


def explained(
    tree: Tree, model: type[BaseModel], error: ValidationError | None
) -> list[tuple[Place, str]]:
    """Return place and cause of what the schema refuses, and of keys that have no value.

    Args:
        tree: The file; its `empty` are the keys whose value is left out and must not be.
        model: Its schema.
        error: What the schema refuses, if anything.
    """
    found: dict[Path, list[Mapping[str, Any]]] = {}
    refused = error.errors(include_url=False) if error is not None else []
    for fault in refused[:_MOST]:
        path = _path(tree.data, fault["loc"])
        if fault["type"] == "missing":
            path = (*path, str(fault["loc"][-1]))
        found.setdefault(path, []).append(fault)  # the branches of a choice fail at one place
    faults = [_told(tree, model, path, several) for path, several in found.items()]
    faults += [_empty(tree, path) for path in tree.empty[:_MOST] if path]
    other = next((fault for fault in faults if fault.path == ("source",)), None)
    if other is not None and other.kind == "value":  # the rest of another file is no news
        return [(other.place, other.says)]
    faults = [
        fault
        for number, fault in enumerate(faults)
        if not _is_branch(fault, faults) and not _is_next_astray(fault, faults[:number])
    ]
    return [(fault.place, fault.says) for fault in _first_causes(tree, model, faults)]


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
) -> _Fault:
    """Return the fault of one part of the file, of all that pydantic found with it."""
    kinds = {fault["type"] for fault in faults}
    if "extra_forbidden" in kinds:
        key = str(next(f["loc"][-1] for f in faults if f["type"] == "extra_forbidden"))
        around = path[:-1] if path and path[-1] == key else path
        return _unknown(tree, model, (*around, key))
    if "missing" in kinds:
        inside = f" in {'.'.join(map(str, path[:-1]))}" if path[:-1] else ""
        says = f"`{path[-1]}` is missing{inside}: add `{path[-1]}: …`"
        return _Fault(path=path, kind="missing", place=tree.place(path[:-1]), says=says)
    given = faults[0]["input"]
    text = given if isinstance(given, str) else ""
    if not kinds & {"literal_error", "string_pattern_mismatch"} and (
        match := _WITHOUT_BLANK.match(text)
    ):
        says = f"a blank is missing after the colon: write `{match['key']}: {match['value']}`"
        return _Fault(path=path, kind="value", place=tree.place(path), says=says)
    where = ".".join(str(part) for part in path)
    cause = refusal(faults, key=str(path[-1]) if path else "", known=keys_at(model, path))
    says = f"{where}: {cause}" if where else cause
    if faults[0]["loc"][-1:] == ("[key]",):
        return _Fault(path=path, kind="key", place=tree.place(path, key=True), says=says)
    return _Fault(path=path, kind="value", place=tree.place(path), says=says)


def _unknown(tree: Tree, model: type[BaseModel], path: Path) -> _Fault:
    """Return the fault of a key that the schema does not know, with what is meant by it."""
    key, around = str(path[-1]), path[:-1]
    known = keys_at(model, around)
    place = tree.place(path, key=True)
    cause = f"unknown key `{key}`"
    if key.startswith("-") and key[1:] in {*known, *keys_at(model, (*around, 0))}:
        says = f"a blank is missing after the dash: write `- {key[1:]}`"
        return _Fault(path=path, kind="unknown", place=place, says=says)
    if key in StepBody.model_fields and (advice := belongs_under(model, around, key)):
        return _Fault(path=path, kind="unknown", place=place, says=f"{cause} here: {advice}")
    if meant := meant_by(key, known):
        says = f"{cause} (did you mean {meant}?)"
        return _Fault(path=path, kind="unknown", place=place, says=says, meant=meant)
    close = nearest(key, known, cutoff=0.8)
    if not close.startswith(" (did") and (advice := belongs_under(model, around, key)):
        return _Fault(path=path, kind="unknown", place=place, says=f"{cause} here: {advice}")
    close = nearest(key, known)
    meant = close.removeprefix(" (did you mean ").removesuffix("?)")
    return _Fault(path=path, kind="unknown", place=place, says=cause + close, meant=meant)


def _empty(tree: Tree, path: Path) -> _Fault:
    match = _WITHOUT_BLANK.fullmatch(str(path[-1]))
    if match and match["value"]:
        says = f"a blank is missing after the colon: write `{match['key']}: {match['value']}`"
        place = tree.place(path, key=True)
        return _Fault(path=path, kind="empty", place=place, says=says, meant=match["key"])
    says = f"`{path[-1]}` has no value: write one, or leave it out"
    return _Fault(path=path, kind="empty", place=tree.place(path, key=True), says=says)


def _is_branch(fault: _Fault, faults: list[_Fault]) -> bool:
    """Tell whether a part is refused only as one branch of a choice, or below a wrong key."""
    depth = len(fault.path)
    return any(
        other.path[:depth] == fault.path and len(other.path) > depth
        for other in faults
        if fault.kind == "value"
    ) or any(
        fault.path[: len(other.path)] == other.path and depth > len(other.path)
        for other in faults
        if other.kind == "key"
    )


def _is_next_astray(fault: _Fault, before: list[_Fault]) -> bool:
    """Tell whether a key stands where another one astray, of the same place, was told already."""
    _, _, advice = fault.says.partition(" here: ")
    return bool(advice) and any(
        other.path[:-1] == fault.path[:-1] and other.says.endswith(f" here: {advice}")
        for other in before
    )


def _first_causes(tree: Tree, model: type[BaseModel], faults: list[_Fault]) -> Iterator[_Fault]:
    """Yield the faults without those that follow from others."""
    empty = {fault.path for fault in faults if fault.kind == "empty"}
    meant = {(*fault.path[:-1], fault.meant) for fault in faults if fault.meant}
    missing = {fault.path for fault in faults if fault.kind == "missing"} - meant
    lost: dict[Path, _Fault] = {}  # what keys should stand under -> the first of these keys
    rest: list[_Fault] = []
    for fault in faults:
        if fault.kind == "unknown" and (head := _head_of(fault.path, model, empty | missing)):
            lost.setdefault(head, fault)
        elif fault.kind != "missing" or fault.path in missing:
            rest.append(fault)
    for path in sorted(missing, key=str):
        if next_item := _torn_off(tree, path, missing):
            missing -= {path, *(other for other in missing if other[:-1] == next_item)}
            key = (*next_item, path[-1])
            says = f"`{path[-1]}` belongs to the item above: write it there, without `- `"
            yield _Fault(path=key, kind="value", place=tree.place(key, key=True), says=says)
    for head, fault in lost.items():
        name = head[-1]
        says = f"`{fault.path[-1]}` belongs under `{name}`: indent it, and what else belongs there"
        if head in missing:
            says = f"`{name}:` is missing above this line: write it, and indent what belongs to it"
        yield _Fault(path=fault.path, kind="value", place=fault.place, says=says)
    for fault in rest:
        is_told = fault.path in empty and fault.kind != "empty"
        is_told = is_told or (fault.kind == "missing" and fault.path not in missing)
        if fault.path not in lost and not is_told:
            yield fault


def _head_of(path: Path, model: type[BaseModel], heads: set[Path]) -> Path | None:
    """Return the key beside an unknown one, without a value or missing, that it belongs under."""
    found = [
        head
        for head in heads
        if head[:-1] == path[:-1]
        and head != path
        and (path[-1] in keys_at(model, head) or takes_any_key(model, head))
    ]
    return min(found, key=str, default=None)


def _torn_off(tree: Tree, path: Path, missing: set[Path]) -> Path | None:
    """Return the item of a list that holds what the one before it lacks, and lacks the rest."""
    if len(path) < len(("list", 0, "key")) or not isinstance(number := path[-2], int):
        return None
    item = (*path[:-2], number + 1)
    lacks = any(other[:-1] == item for other in missing)
    return item if lacks and (*item, path[-1]) in tree.keys else None
