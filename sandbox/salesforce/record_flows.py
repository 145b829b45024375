"""Flows that act on the record itself: what is set just before a save, what is kept of a deletion.

Record-triggered flows that send messages are triggers of the outbound queue instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from sandbox.salesforce.org import Change
    from sandbox.salesforce.values import Row, Value

    Source: TypeAlias = Callable[[Change, datetime], Value]
    """What is assigned: of the change, and the time of the save (UTC)."""


@dataclass(frozen=True, kw_only=True)
class RecordFlow:
    """An active flow.

    Attributes:
        condition: Which saves of the object it acts on.
        sets: Fields of the record, each with what is assigned, before a save.
        creates: Objects of which a record is created before a deletion, each with its fields.
    """

    name: str
    object: str
    acts_before: Literal["save", "delete"]
    condition: Callable[[Change], bool]
    on_create: bool = False
    on_update: bool = False
    sets: tuple[tuple[str, Source], ...] = ()
    creates: tuple[tuple[str, tuple[tuple[str, Source], ...]], ...] = ()

    def acts_on(self, change: Change) -> bool:
        """Tell whether it acts on a record that is about to be saved."""
        is_meant = self.on_create if change.before is None else self.on_update
        return change.sobject.name == self.object and is_meant and self.condition(change)


def before_save(flows: Iterable[RecordFlow], change: Change, at: datetime) -> Row:
    """Return what flows set on a record that is about to be saved."""
    found: Row = {}
    for flow in flows:
        if flow.acts_before == "save" and flow.acts_on(change):
            found |= {field: source(change, at) for field, source in flow.sets}
    return found


def before_delete(
    flows: Iterable[RecordFlow], change: Change, at: datetime
) -> list[tuple[str, Row]]:
    """Return which records flows create before one is deleted: the object and the fields."""
    return [
        (name, {field: source(change, at) for field, source in fields})
        for flow in flows
        if flow.acts_before == "delete" and flow.object == change.sobject.name
        for name, fields in flow.creates
    ]


def _is_untick(change: Change) -> bool:
    box = "HasOptedOutOfEmail"
    return change.before is not None and bool(change.before[box]) and not change.after[box]


def of_the_start() -> dict[str, RecordFlow]:
    """Return the flows that are there from the start: the bridge's stamp of an untick."""
    stamp = RecordFlow(
        name="CC_Bridge_Untick",
        object="Contact",
        acts_before="save",
        condition=_is_untick,
        on_update=True,
        sets=(
            ("CC_Bridge_Unticked_At__c", lambda _, at: at),
            ("CC_Bridge_Unticked_By__c", lambda change, _: change.user_id),
        ),
    )
    return {stamp.name: stamp}
