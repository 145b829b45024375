"""What fires an outbound message: a flow, or one of the workflow rules that flows replace."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.salesforce.org import Change

    Condition: TypeAlias = Callable[["Change"], bool]


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """A flow or a rule that sends a message when a record was saved.

    Attributes:
        name: The flow's developer name; a rule's full name.
        sends: Full name of the message, such as `Contact.CC_Bridge_Contact`.
        condition: Which saves of the object count.
        newly: An update counts only where the record did not meet the condition before.
    """

    name: str
    object: str
    sends: str
    condition: Condition
    on_create: bool = True
    on_update: bool = True
    newly: bool = False

    def fires(self, change: Change) -> bool:
        """Tell whether a saved record fires the message."""
        if change.sobject.name != self.object:
            return False
        if not (self.on_create if change.before is None else self.on_update):
            return False
        if not self.condition(change):
            return False
        if not self.newly or change.before is None:
            return True
        return not self.condition(replace(change, after=change.before))


def changed(watched: Iterable[str], *, only_if: str | None = None) -> Condition:
    """Return the condition that a record is new or one of these fields was changed.

    Args:
        watched: API names.
        only_if: A new record counts only where this checkbox is ticked, if one is named.
    """
    names = tuple(watched)

    def holds(change: Change) -> bool:
        before = change.before
        if before is None:
            return only_if is None or bool(change.after[only_if])
        return any(before.get(name) != change.after.get(name) for name in names)

    return holds
