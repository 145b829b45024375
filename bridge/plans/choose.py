"""Which steps of a plan are meant: by contact, list, sign, state or number. Pure.

Who approves some steps approves whole subjects: what is decided on one address rests on each other,
so a step of it never goes without those beside it. That part the database tells (`meant.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.plans.model import list_changes

if TYPE_CHECKING:
    from bridge.plans.model import StoredStep


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What a person asks for; a step is meant where it fits every part that says something.

    Attributes:
        contacts: Names of people: e-mail keys and ids of both sides.
        lists: Ids of lists on either side.
        numbers: Places in the plan.
        without_removals: Leave out subjects that lose anything.
    """

    contacts: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    signs: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    numbers: frozenset[int] = frozenset()
    without_removals: bool = False

    @property
    def is_all(self) -> bool:
        """Whether it leaves nothing out."""
        return self == Choice()

    def fits(self, step: StoredStep) -> bool:
        """Tell whether a step is one of those that are meant."""
        return (
            (not (self.contacts or self.lists) or self._concerns(step))
            and (not self.signs or step.sign in self.signs)
            and (not self.states or step.state in self.states)
            and (not self.numbers or step.ordinal in self.numbers)
        )

    def _concerns(self, step: StoredStep) -> bool:
        if step.subject_kind == "list":
            return bool(self.lists & {step.subject_key, step.cc_id or ""})
        named = {step.subject_key, step.cc_id or "", str(step.body.get("practifi_contact") or "")}
        added, removed = list_changes(step.change)
        lists = added | removed | {step.body.get("list"), step.body.get("list_there")}
        return bool(self.contacts & named or self.lists & lists)
