"""What a mapping would change beside the one in force, of one contact. Pure.

What is compared is what would be sent: of a contact that is there, the fields that each mapping
would change; of one that is not, all that each would make of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from bridge.delivery.assemble import wanted_of
from bridge.delivery.merge import changes
from bridge.delivery.write_rules import written
from bridge.mapping.conditions import known
from bridge.mapping.reads import parents_of

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf

    from bridge.delivery.merge import Changes
    from bridge.mapping.model import Mapping
    from bridge.salesforce.values import Record

Change: TypeAlias = Literal["changed", "left_out", "taken_in", "refused", "not_known"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """What becomes of one contact by another mapping.

    Attributes:
        kind: None where nothing changes for it. `not_known`: a field that decides whether it takes
            part was not read yet.
        fields: Field -> (value by the mapping in force, value by the other).
        reason: Why it takes no part by the other, or what is wrong with it.
    """

    kind: Change | None
    fields: MappingOf[str, tuple[Any, Any]] = field(default_factory=dict)
    reason: str = ""


class Comparison:
    """Compares two mappings of one connection, contact by contact.

    Args:
        old: The mapping in force.
        new: The other one.
        custom_field_ids: Name -> id of the custom fields that the account has.
    """

    def __init__(self, old: Mapping, new: Mapping, custom_field_ids: MappingOf[str, str]) -> None:
        self._old = old
        self._new = new
        names = [one.name for one in (*old.contact.custom_fields, *new.contact.custom_fields)]
        # A custom field that the account lacks would be made: until then nobody has a value in it.
        self._ids = {name: custom_field_ids.get(name, f"to be made: {name}") for name in names}
        read = {*old.contact.paths}
        self._paths = [(path, parents_of(path)) for path in new.contact.paths if path not in read]

    def of(self, record: Record, there: MappingOf[str, Any] | None) -> Effect:
        """Return what changes for a contact.

        Args:
            record: Its fields as the mirror has them.
            there: The contact there; None: there is none yet.
        """
        before, left_out_before, _ = wanted_of(record, self._old)
        after, left_out, cause = wanted_of(record, self._new)
        if after is None:
            if before is None:
                return Effect(kind=None)
            if cause is None:
                return Effect(kind="left_out", reason=left_out or "")
            kind: Change = "not_known" if self.unread(record) else "refused"
            return Effect(kind=kind, reason=left_out or "")
        if before is None:
            return Effect(kind="taken_in", reason=left_out_before or "")
        old, new = self._sent(there, before, self._old), self._sent(there, after, self._new)
        if old == new:
            return Effect(kind=None)
        fields = _between(old, new)
        return Effect(kind="changed" if fields else None, fields=fields)

    def _sent(
        self, there: MappingOf[str, Any] | None, wanted: MappingOf[str, Any], by: Mapping
    ) -> Changes:
        """Return what would be changed there by a mapping, as its write rules let it."""
        sent = written(there, wanted, self._ids, by.contact.write_rules)
        return changes(there or {}, sent, self._ids)

    def unread(self, record: Record) -> list[str]:
        """Return the fields that only the other mapping reads and that nobody has read yet."""
        return [path for path, parents in self._paths if known(record, path, parents) is False]


def _between(old: Changes, new: Changes) -> dict[str, tuple[Any, Any]]:
    """Return what would be there by either mapping, where the other one brings something about.

    A part that is mapped no more stays as it is there: nothing is sent of it.
    """
    return {
        name: (old[name][1] if name in old else was, wanted)
        for name, (was, wanted) in new.items()
        if old.get(name) != (was, wanted)
    } | {name: (wanted, was) for name, (was, wanted) in old.items() if name not in new}
