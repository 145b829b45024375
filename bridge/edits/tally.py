"""Add up what becomes of contacts by another mapping: how many, in which fields, who. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridge.edits.effect import Effect

SAMPLES = 3
"""Contacts that are named for each field, and for each other thing that becomes of contacts."""


@dataclass(kw_only=True, slots=True)
class Tally:
    """What was found so far.

    Attributes:
        looked: Contacts that were looked at.
        counts: Kind of change -> contacts.
        fields: Field -> contacts in which it changes.
        singly: Contacts of `changed` that no bulk activity can change: a value is emptied.
        samples: Field -> some contacts with its value by either mapping.
        others: Other kind of change -> some contacts with the reason.
    """

    looked: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    singly: int = 0
    samples: defaultdict[str, list[tuple[str, Any, Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    others: defaultdict[str, list[tuple[str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    @property
    def changed(self) -> int:
        """Contacts that would be another way, whatever way."""
        return sum(count for kind, count in self.counts.items() if kind != "not_known")

    def add(self, sf_id: str, effect: Effect) -> None:
        """Add one contact."""
        self.looked += 1
        if effect.kind is None:
            return
        self.counts[effect.kind] += 1
        if effect.kind != "changed" and len(self.others[effect.kind]) < SAMPLES:
            self.others[effect.kind].append((sf_id, effect.reason))
        is_emptied = False
        for name, (before, after) in effect.fields.items():
            self.fields[name] += 1
            is_emptied = is_emptied or after in (None, "")
            if len(self.samples[name]) < SAMPLES:
                self.samples[name].append((sf_id, before, after))
        self.singly += is_emptied
