"""What a plan does to lists and people, beside what is there now: totals before and after. Pure.

A step says what becomes of the lists of one contact, whatever else it changes, so a removal counts
as one even where the step is shown as a change.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from bridge.plans.model import Effect, list_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class Planned(Effect, Protocol):
    """The part of a step that a plan adds up."""

    @property
    def sign(self) -> str:
        """What the step is to people."""

    @property
    def calls(self) -> int:
        """Calls to Constant Contact that it costs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """How many there are before a plan, of what it changes.

    Attributes:
        names: List there -> its name.
        members: List there -> contacts on it.
        contacts: Contacts there.
        unsubscribed: Those of them that are unsubscribed.
        interactions: Interactions in Practifi.
        memberships: Membership records in Practifi.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, int] = field(default_factory=dict)
    contacts: int = 0
    unsubscribed: int = 0
    interactions: int = 0
    memberships: int = 0


@dataclass(kw_only=True, slots=True)
class Effects:
    """What steps come to, added up one by one: a plan is never held whole.

    Attributes:
        steps: How many there are.
        calls: Calls to Constant Contact that they cost.
        added: List there -> contacts that get on it.
        removed: List there -> contacts that get off it.
        kinds: Kind of step -> how many.
        signs: What they are to people -> how many.
        deleted: Lists there that are deleted.
        are_kept_apart: The job itself has stored the steps.
    """

    steps: int = 0
    calls: int = 0
    added: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    signs: Counter[str] = field(default_factory=Counter)
    deleted: set[str] = field(default_factory=set)
    are_kept_apart: bool = False

    def add(self, step: Planned) -> None:
        """Add what one more step does."""
        joined, left = list_changes(step.change)
        self.steps += 1
        self.calls += step.calls
        self.added.update(joined)
        self.removed.update(left)
        self.kinds[step.kind] += 1
        self.signs[step.sign] += 1
        if step.kind == "delete_list" and step.cc_id is not None:
            self.deleted.add(step.cc_id)


def effects_of(steps: Iterable[Planned]) -> Effects:
    """Return what steps come to."""
    effects = Effects()
    for step in steps:
        effects.add(step)
    return effects


def before_and_after(effects: Effects, figures: Figures) -> list[dict[str, Any]]:
    """Return what a plan changes the number of, each with its number before and after.

    >>> from bridge.plans.text import before_after_line
    >>> from reconciler.runs.model import PlannedStep
    >>> step = PlannedStep(
    ...     key="k", kind="update_contact", subject_kind="address", subject_key="a@example.org",
    ...     reason="", facts=b"", change={"list_memberships": ([], ["l"])},
    ... )
    >>> figures = Figures(names={"l": "Letter"}, members={"l": 7})
    >>> found = before_and_after(effects_of([step]), figures)
    >>> before_after_line(found)
    'Letter 7 -> 8'
    """
    return list(_rows(effects, figures))


def _rows(effects: Effects, figures: Figures) -> Iterator[dict[str, Any]]:
    touched = {*effects.added, *effects.removed, *effects.deleted}
    for list_id in sorted(touched, key=lambda one: (figures.names.get(one, one), one)):
        before = figures.members.get(list_id, 0)
        after = before + effects.added[list_id] - effects.removed[list_id]
        after *= list_id not in effects.deleted
        name = figures.names.get(list_id, list_id)
        yield {"of": "list", "id": list_id, "name": name, "before": before, "after": after}
    kinds = effects.kinds
    rows = (
        ("lists", len(figures.names), ("create_list",), ("delete_list",)),
        ("contacts", figures.contacts, ("create_contact", "revive_contact"), ("delete_contact",)),
        ("memberships", figures.memberships, ("adopt_membership",), ()),
        ("unsubscribed", figures.unsubscribed, ("unsubscribe",), ("resubscribe",)),
        ("interactions", figures.interactions, ("create_interaction",), ()),
    )
    for name, before, more, fewer in rows:
        up = sum(kinds.get(kind, 0) for kind in more)
        down = sum(kinds.get(kind, 0) for kind in fewer)
        if up or down:
            after = before + up - down
            yield {"of": name, "id": None, "name": name, "before": before, "after": after}
