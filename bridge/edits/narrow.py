"""Leave of two contact files only what differs: a comparison need not make the rest twice. Pure.

What is the same in both gives the same for every record. So whoever gets the same of the rest, gets
the same of all; only of the others the whole mapping is asked.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bridge.mapping.yaml_tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.mapping.yaml_tree import Path

_LEAVES = {"phone_numbers": 2, "custom_fields": 2, "street_addresses": 3}
"""How deep the rules of a group stand; all others are no group."""
_TOGETHER = (("birthday_month",), ("birthday_day",))
_BESIDE = {"fields", "lookups", "leave_out", "take_part", "filters", "tests"}
"""What may differ without touching a rule that is the same."""
_OF_TAKING_PART = ("leave_out", "take_part")


class Narrow:
    """Two contact files without the rules that they share.

    Attributes:
        before: The one, as text.
        after: The other.
        takes_part_alike: Both leave out the same people.
    """

    def __init__(self, before: str, after: str, *, takes_part_alike: bool) -> None:
        self.before = before
        self.after = after
        self.takes_part_alike = takes_part_alike


def narrow(before: str, after: str) -> Narrow | None:
    r"""Return what differs between two sound files; None where a part alone tells too little.

    >>> head = "source: contact\ntarget: contact\nmatch: email_address\n"
    >>> old = head + "fields: {email_address: $email, first_name: FirstName, job_title: Title}"
    >>> found = narrow(old, old.replace("Title", "Role__c"))
    >>> json.loads(found.after)["fields"]
    {'email_address': '$email', 'job_title': 'Role__c'}
    """
    old, new = read_tree(before).data, read_tree(after).data
    if not isinstance(old, dict) or not isinstance(new, dict):
        return None
    others = {key for key in {*old, *new} - _BESIDE if old.get(key) != new.get(key)}
    if others:
        return None
    changed = {
        name
        for name in {*(old.get("lookups") or {}), *(new.get("lookups") or {})}
        if (old.get("lookups") or {}).get(name) != (new.get("lookups") or {}).get(name)
    }
    rules, others_rules = dict(_rules(old["fields"])), dict(_rules(new["fields"]))
    kept = {
        path
        for path in {*rules, *others_rules}
        if rules.get(path) != others_rules.get(path) or _looks_up(rules.get(path), changed)
    }
    if any(_written(rules.get(path)) != _written(others_rules.get(path)) for path in kept):
        return None  # the same value may be sent or not
    kept |= {("email_address",), *(_TOGETHER if kept.intersection(_TOGETHER) else ())}
    return Narrow(
        _file(old, rules, kept),
        _file(new, others_rules, kept),
        takes_part_alike=all(old.get(key) == new.get(key) for key in _OF_TAKING_PART),
    )


def _rules(fields: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Yield each rule with its path."""
    for head, part in fields.items():
        yield from _below((head,), part, _LEAVES.get(head, 1))


def _below(path: Path, part: Any, depth: int) -> Iterator[tuple[Path, Any]]:
    if len(path) == depth or not isinstance(part, dict):
        yield path, part
        return
    for key, inner in part.items():
        yield from _below((*path, key), inner, depth)


def _looks_up(part: Any, names: set[str]) -> bool:
    """Tell whether a rule uses one of some lookup tables."""
    if isinstance(part, dict):
        return part.get("lookup") in names or any(_looks_up(one, names) for one in part.values())
    return isinstance(part, list) and any(_looks_up(one, names) for one in part)


def _written(rule: Any) -> object:
    return rule.get("write") if isinstance(rule, dict) else None


def _file(whole: Mapping[str, Any], rules: Mapping[Path, Any], kept: set[Path]) -> str:
    """Return a file with some of its rules, and nobody left out: JSON is YAML, too."""
    fields: dict[str, Any] = {}
    for path, rule in rules.items():
        if path in kept:
            group: dict[Any, Any] = fields
            for key in path[:-1]:
                group = group.setdefault(key, {})
            group[path[-1]] = rule
    file = {key: part for key, part in whole.items() if key not in _BESIDE}
    if whole.get("lookups"):
        file["lookups"] = whole["lookups"]
    return json.dumps(file | {"fields": fields}, ensure_ascii=False)
