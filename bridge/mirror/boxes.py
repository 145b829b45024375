"""What states of contacts tell of their *Do Not Email* boxes, ticks in between included."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bridge.consent.box import Box, BoxChange, box_changes, is_of_merge
from bridge.mirror.belief import box_now, late_tick
from bridge.mirror.remember import SQL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import psycopg

    from bridge.consent.box import RecordedBox
    from bridge.mapping.names import ContactNames
    from bridge.mirror.model import PractifiRow


@dataclass
class Boxes:
    """Collects the changes of boxes that are to be recorded.

    Attributes:
        cause_of: `id` of a state -> what told it.
        changes: Each with the contact's e-mail key and its cause.
        changed: The contacts whose box has changed or is in doubt.
    """

    names: ContactNames
    seen_at: datetime
    cause_of: Mapping[int, str]
    changes: list[tuple[BoxChange, str | None, str]] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)

    def note(
        self,
        believed: PractifiRow,
        whole: PractifiRow,
        before: Box | None,
        told: PractifiRow,
        *,
        is_doubted: bool,
    ) -> None:
        """Note what the newest state tells, as far as it is believed."""
        self._add(believed.sf_id, before, box_now(believed, self.names), whole.email_key, told)
        if is_doubted:
            self.changed.add(believed.sf_id)

    def note_between(
        self, tick: PractifiRow | None, before: Box | None, whole: PractifiRow
    ) -> Box | None:
        """Note a tick that the newest state does not show; return the box before the newest."""
        if tick is None:
            return before
        box = box_now(tick, self.names)
        self._add(tick.sf_id, before, box, tick.email_key or whole.email_key, tick)
        return replace(box, stamp=box.stamp or (before.stamp if before is not None else None))

    def note_late(self, tick: PractifiRow, known: PractifiRow) -> None:
        """Note a tick from before what is known, and that the box is clear since."""
        email = tick.email_key or known.email_key
        ticked = box_now(tick, self.names)
        self._add(tick.sf_id, None, ticked, email, tick)
        self._add(tick.sf_id, ticked, box_now(known, self.names), email, tick)

    def _add(
        self, sf_id: str, before: Box | None, after: Box, email: str | None, told: PractifiRow
    ) -> None:
        cause = self.cause_of[id(told)]
        for change in box_changes(sf_id, before, after, seen_at=self.seen_at):
            self.changes.append((change, email, cause))
            self.changed.add(sf_id)


def late_ticks(
    tx: psycopg.Connection,
    connection_id: int,
    told: Mapping[tuple[str, str], Sequence[PractifiRow]],
    known: Mapping[tuple[str, str], tuple[PractifiRow, RecordedBox | None]],
) -> dict[tuple[str, str], PractifiRow]:
    """Return the ticks that are told only after the merge that has cleared them was read."""
    ticks = {}
    for key, (older, recorded) in known.items():
        is_on_record = recorded is not None and recorded.ticked
        tick = late_tick(older, told.get(key, ()), is_on_record=is_on_record)
        if key[0] == "contact" and tick is not None:
            ticks[key] = tick
    if not ticks:
        return {}
    asked = {"connection_id": connection_id, "ids": sorted(sf_id for _, sf_id in ticks)}
    found = {}
    for sf_id, merged_at, changed_at in tx.execute(SQL["merges_into"], asked):
        key = ("contact", sf_id)
        tick, (older, _) = ticks[key], known[key]
        is_news = changed_at is None or tick.modstamp is None or changed_at < tick.modstamp
        if is_news and is_of_merge(older.resubscribe_at, tick.modstamp, merged_at):
            found[key] = tick
    return found
