"""Tell where new mapping files would mail somebody whom the old ones would not. Pure.

It looks at what the files say of consent, not at records: who takes no part, whose permission is
explicit, and the fields that hold the box and what came after it. Whatever might loosen counts.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from bridge.mapping.names import ContactNames
from bridge.mapping.yaml_tree import read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.mapping.names import Names

_OF_CONSENT = ("do_not_email", "country")
_STAMPS = "resubscribe_"
_LEAVES_OUT = {
    "contact.yaml": "contacts",
    "membership.yaml": "memberships",
    "list.yaml": "lists",
}


def loosened(
    old: Mapping[str, str], new: Mapping[str, str], old_names: Names, new_names: Names
) -> list[str]:
    """Return, as sentences, what of consent new files loosen or may loosen.

    Args:
        old: Name -> text of the files in force.
        new: Name -> text of those to come.
        old_names: What the old files make of the connection's names.
        new_names: What the new ones make of them.
    """
    return [*_fields(old_names.contact, new_names.contact), *_rules(old, new)]


def _fields(old: ContactNames, new: ContactNames) -> Iterator[str]:
    """Yield the fields of consent that are others, or none any more."""
    for entry in fields(ContactNames):
        name = entry.name
        if name not in _OF_CONSENT and not name.startswith(_STAMPS):
            continue
        before, after = getattr(old, name), getattr(new, name)
        if before is not None and before != after:
            yield f"names.yaml: {name} was {before} and is {after or 'no field any more'}"


def _rules(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for file, things in _LEAVES_OUT.items():
        before, after = _read(old, file), _read(new, file)
        rules = after.get("leave_out") or []
        for rule in before.get("leave_out") or []:
            if rule not in rules:
                reason = rule.get("reason") if isinstance(rule, dict) else None
                yield f"{file}: {things} that were left out ({reason or 'no reason'}) may take part"
    was, now = (_read(files, "contact.yaml").get("take_part") for files in (old, new))
    if now == "everybody" != was:
        yield (
            "contact.yaml: people whom the organization marks as deceased, inactive or former "
            "clients may take part"
        )
    wanted = _read(new, "contact.yaml").get("explicit_permission_when")
    if wanted is not None and wanted != _read(old, "contact.yaml").get("explicit_permission_when"):
        yield "contact.yaml: other new contacts than before are created with explicit permission"


def _read(files: Mapping[str, str], name: str) -> dict[str, Any]:
    data = read_tree(files.get(name, "")).data
    return data if isinstance(data, dict) else {}
