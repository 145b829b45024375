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
from bridge.errors import RecordError
from bridge.mapping.conditions import known
from bridge.mapping.reads import parents_of
from bridge.mapping.targets import BIRTHDAY

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as MappingOf

    from bridge.delivery.merge import Changes
    from bridge.mapping.model import Mapping, Project
    from bridge.salesforce.values import Record

Change: TypeAlias = Literal["changed", "left_out", "taken_in", "refused", "not_known"]
There: TypeAlias = "MappingOf[str, Any] | None"


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Differing:
    """What two mappings make of a record by those rules alone that they do not share.

    Attributes:
        takes_part_alike: Both leave out the same people.
    """

    before: Project
    after: Project
    takes_part_alike: bool


NOTHING = Effect(kind=None)


class Comparison:
    """Compares two mappings of one connection, contact by contact.

    Args:
        old: The mapping in force.
        new: The other one.
        custom_field_ids: Name -> id of the custom fields that the account has.
        differing: Their rules that differ, where that can be told: it only saves time.
    """

    def __init__(
        self,
        old: Mapping,
        new: Mapping,
        custom_field_ids: MappingOf[str, str],
        differing: Differing | None = None,
    ) -> None:
        self._old = old
        self._new = new
        self._differing = differing
        self._writes_alike = old.contact.write_rules == new.contact.write_rules
        names = [one.name for one in (*old.contact.custom_fields, *new.contact.custom_fields)]
        # A custom field that the account lacks would be made: until then nobody has a value in it.
        self._ids = {name: custom_field_ids.get(name, f"to be made: {name}") for name in names}
        read = {*old.contact.paths}
        self._paths = [(path, parents_of(path)) for path in new.contact.paths if path not in read]

    @property
    def read_anew(self) -> list[str]:
        """The fields that only the other mapping reads: the mirror has them once a run read all."""
        return [path for path, _ in self._paths]

    def of(self, record: Record, there: There) -> Effect:
        """Return what changes for a contact.

        Args:
            record: Its fields as the mirror has them.
            there: The contact there; None: there is none yet.
        """
        return self.of_lazy(record, lambda: there)

    def of_lazy(self, record: Record, there: Callable[[], There]) -> Effect:
        """Return what changes for a contact, as `of`: what is there is asked for where it counts.

        Most contacts are the same by both mappings, whatever is there.
        """
        part = self._differing
        if part is None or not (part.takes_part_alike or self._both_take_part(record)):
            return self._of_all(record, there)
        try:
            before, after = part.before(record), part.after(record)
        except RecordError:
            return self._of_all(record, there)
        if before == after:
            return NOTHING
        if wanted_of(record, self._new)[0] is None:
            # What differs can be made of it by both, so what refuses it, or leaves it out, is
            # a rule that they share.
            return NOTHING
        return self._between(before, after, there)

    def _both_take_part(self, record: Record) -> bool:
        try:
            before = self._old.contact.leaves_out(record)
            return before is None and self._new.contact.leaves_out(record) is None
        except RecordError:
            return False

    def _of_all(self, record: Record, there: Callable[[], There]) -> Effect:
        before, left_out_before, _ = wanted_of(record, self._old)
        after, left_out, cause = wanted_of(record, self._new)
        if after is None:
            if before is None:
                return NOTHING
            if cause is None:
                return Effect(kind="left_out", reason=left_out or "")
            kind: Change = "not_known" if self.unread(record) else "refused"
            return Effect(kind=kind, reason=left_out or "")
        if before is None:
            return Effect(kind="taken_in", reason=left_out_before or "")
        same = before == after and self._writes_alike
        return NOTHING if same else self._between(before, after, there)

    def _between(
        self, before: dict[str, Any], after: dict[str, Any], there: Callable[[], There]
    ) -> Effect:
        """Return what two projections change otherwise; parts that are the same change alike."""
        resource = there()
        if self._writes_alike:
            before, after = _without(before, after), _without(after, before)
        old, new = self._sent(resource, before, self._old), self._sent(resource, after, self._new)
        fields = _between(old, new)
        return Effect(kind="changed", fields=fields) if fields else NOTHING

    def _sent(
        self, there: MappingOf[str, Any] | None, wanted: MappingOf[str, Any], by: Mapping
    ) -> Changes:
        """Return what would be changed there by a mapping, as its write rules let it."""
        sent = written(there, wanted, self._ids, by.contact.write_rules)
        return changes(there or {}, sent, self._ids)

    def unread(self, record: Record) -> list[str]:
        """Return the fields that only the other mapping reads and that nobody has read yet."""
        return [path for path, parents in self._paths if known(record, path, parents) is False]


def _without(parts: MappingOf[str, Any], others: MappingOf[str, Any]) -> dict[str, Any]:
    """Return those parts of a projection that another one has otherwise, or not at all.

    >>> _without({"a": 1, "custom_fields": {"b": 2, "c": 3}}, {"a": 1, "custom_fields": {"b": 2}})
    {'custom_fields': {'c': 3}}
    """
    found: dict[str, Any] = {}
    other_birthday = any(parts.get(name) != others.get(name) for name in BIRTHDAY)
    for name, part in parts.items():
        other = others.get(name)
        if name in others and part == other and not (other_birthday and name in BIRTHDAY):
            continue
        both_are_groups = isinstance(part, dict) and isinstance(other, dict)
        found[name] = _without(part, other) if both_are_groups else part  # type: ignore[arg-type]
    return found


def _between(old: Changes, new: Changes) -> dict[str, tuple[Any, Any]]:
    """Return what would be there by either mapping, where the other one brings something about.

    A part that is mapped no more stays as it is there: nothing is sent of it.
    """
    return {
        name: (old[name][1] if name in old else was, wanted)
        for name, (was, wanted) in new.items()
        if old.get(name) != (was, wanted)
    } | {name: (wanted, was) for name, (was, wanted) in old.items() if name not in new}
