"""Spell what both sides hold of one contact as one text each, so that SQL can compare them. Pure.

The texts are equal exactly where `bridge.delivery.merge.changes` finds nothing. A part that the
record does not give is no change, but its text is no other's: such a contact is decided on once too
often, never once too seldom.

Where a write rule asks what is there, no text can be equal to all that it leaves alone: the text of
a record is then a pattern of SQL's LIKE, in which such a part fits whatever stands in its place.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from bridge.delivery.merge import CORE, by_kind, spelled
from bridge.mapping.targets import BIRTHDAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from bridge.mapping.model import WriteRules
    from bridge.mapping.rules import WriteRule

_BETWEEN = "\x1f"
_NOT_GIVEN = "\x1e"
_ESCAPED = str.maketrans({_NOT_GIVEN: "\x1e0", _BETWEEN: "\x1e1"})
_LITERALLY = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})
_ANYTHING, _SOMETHING = "%", "_%"


class Comparison:
    """Makes the texts of a mapping's parts, in an order that both sides share."""

    def __init__(
        self,
        targets: Iterable[tuple[str, ...]],
        custom_field_ids: Mapping[str, str],
        write_rules: WriteRules | None = None,
    ) -> None:
        """Take the parts that the mapping may fill, and the account's custom fields by name.

        A custom field that the account does not have is compared by nobody, nor is what is written
        only when a contact is created.

        Args:
            targets: Paths of the parts.
            custom_field_ids: Name -> id.
            write_rules: Part -> when it is written, of those that are not written always.
        """
        groups: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
        core: set[str] = set()
        for head, *rest in targets:
            if head == "birthday":
                core.update(BIRTHDAY)
            elif rest:
                groups[head].append(tuple(rest))
            else:
                core.add(head)
        rules = write_rules or {}
        once = {name for name, rule in rules.items() if rule == "create_only"}
        self._core = [name for name in CORE if name in core - once]
        self._phones = [
            kind
            for (kind,) in sorted(groups["phone_numbers"])
            if f"phone_numbers.{kind}" not in once
        ]
        self._addresses = [
            (kind, part)
            for kind, part in sorted(groups["street_addresses"])
            if f"street_addresses.{kind}.{part}" not in once
        ]
        self._custom = [
            (name, custom_field_ids[name])
            for (name,) in sorted(groups["custom_fields"])
            if name in custom_field_ids and f"custom_fields.{name}" not in once
        ]
        self._rules = [rules.get(name) for name in self._names()]
        self._is_by_pattern = not once.issuperset(rules)

    @property
    def is_by_pattern(self) -> bool:
        """Whether the text of a record is a pattern for LIKE, not the text that is wanted there."""
        return self._is_by_pattern

    def _names(self) -> Iterator[str]:
        """Yield what is compared, in the order of the texts, as write rules call it."""
        yield from self._core
        yield from (f"phone_numbers.{kind}" for kind in self._phones)
        yield from (f"street_addresses.{kind}.{part}" for kind, part in self._addresses)
        yield from (f"custom_fields.{name}" for name, _ in self._custom)

    def of_wanted(self, wanted: Mapping[str, Any]) -> str:
        r"""Return the text of what the mapping makes of a record.

        >>> Comparison([("first_name",), ("job_title",)], {}).of_wanted({"first_name": " Ada"})
        'Ada\x1f\x1e'
        """
        phones = wanted.get("phone_numbers") or {}
        addresses = wanted.get("street_addresses") or {}
        fields = wanted.get("custom_fields") or {}
        nothing: Mapping[str, Any] = {}
        parts = [_part(wanted, name) for name in self._core]
        parts += [_part(phones, kind) for kind in self._phones]
        parts += [_part(addresses.get(kind, nothing), part) for kind, part in self._addresses]
        parts += [_part(fields, name) for name, _ in self._custom]
        if self._is_by_pattern:
            parts = [_pattern(text, rule) for text, rule in zip(parts, self._rules, strict=True)]
        return _BETWEEN.join(parts)

    def of_there(self, there: Mapping[str, Any]) -> str:
        r"""Return the text of a contact as Constant Contact has it.

        >>> Comparison([("first_name",), ("phone_numbers", "home")], {}).of_there(
        ...     {"first_name": "Ada", "phone_numbers": [{"kind": "home", "phone_number": "1"}]}
        ... )
        'Ada\x1f1'
        """
        phones = by_kind(there.get("phone_numbers"))
        addresses = by_kind(there.get("street_addresses"))
        fields = {
            field["custom_field_id"]: field.get("value")
            for field in there.get("custom_fields") or ()
        }
        nothing: Mapping[str, Any] = {}
        parts = [_escaped(there.get(name)) for name in self._core]
        parts += [_escaped(phones.get(kind, nothing).get("phone_number")) for kind in self._phones]
        parts += [
            _escaped(addresses.get(kind, nothing).get(part)) for kind, part in self._addresses
        ]
        parts += [_escaped(fields.get(field_id)) for _, field_id in self._custom]
        return _BETWEEN.join(parts)


def _pattern(text: str, rule: WriteRule | None) -> str:
    """Return what fits a part of a contact there exactly where a part of the record is not written.

    It cannot fit more than that part: there are as many marks between parts on either side.
    """
    if text == _NOT_GIVEN or (rule is not None and not text):
        return _ANYTHING
    return _SOMETHING if rule == "if_empty_there" else text.translate(_LITERALLY)


def _part(values: Mapping[str, Any], name: str) -> str:
    return _escaped(values[name]) if name in values else _NOT_GIVEN


def _escaped(value: object) -> str:
    """Return a value that holds neither of the two marks: no text stands for two contacts."""
    text = spelled(value)
    if _BETWEEN in text or _NOT_GIVEN in text:
        return text.translate(_ESCAPED)
    return text
