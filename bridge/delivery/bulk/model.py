"""What goes in bulk: which activity a subject's change needs, and what of it. Frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

ActivityKind: TypeAlias = Literal["import", "add_to_lists", "remove_from_lists"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BulkChange:
    """What one activity can do for one subject.

    Attributes:
        kind: The activity.
        list_ids: The lists of the whole activity, in order; subjects with the same ones share it.
        row: What the activity sends of the subject: a flat contact, or a contact's id.
        adds: Lists that it puts the contact on.
        drops: Lists that it takes the contact off.
        fields: Names of the fields that it changes, as a step's `change` has them.
    """

    kind: ActivityKind
    list_ids: tuple[str, ...]
    row: Mapping[str, Any] | str
    adds: frozenset[str] = frozenset()
    drops: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """An activity that is being filled.

    Attributes:
        id: Its row, once it has one.
        rows: Rows so far.
        size_bytes: Bytes of these rows on the wire, commas included.
    """

    kind: ActivityKind
    list_ids: tuple[str, ...]
    id: int | None = None
    rows: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """A connection's bulk round, leased to one worker.

    Attributes:
        phase: What is done next; see `bridge.delivery.bulk.drive`.
        takes_backlog: Whoever delivers one by one leaves the backlog to it.
        turns: Looks for more, or polls, in this phase.
        look: How far the account was read in this phase.
    """

    connection_id: int
    token: UUID
    lease_s: float
    phase: str
    takes_backlog: bool
    turns: int
    look: Mapping[str, Any] | None = None

    def at(self, phase: str, turns: int = 0) -> Round:
        """Return the round as it begins a phase, with nothing read in it yet."""
        return replace(self, phase=phase, turns=turns, look=None)

    def row(self) -> dict[str, object]:
        """Return the parameters that name the leased row."""
        return {"connection_id": self.connection_id, "token": self.token, "lease_s": self.lease_s}


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A subject in an activity that has ended.

    Attributes:
        generation: What was wanted when it was decided on.
        number: Its place among the rows that were sent, counted from 1; None: it was not sent.
        adds: Lists that it was put on, and `drops`, `fields`: as in `BulkChange`.
        fingerprint: Of what was sent of the record, in hexadecimal digits, or None.
        is_taken_back: What was sent takes a plan back: lists that nobody asks for stay.
        set_back: Field -> (there, wanted), of what somebody there had set back.
    """

    key: str
    plan_id: int
    ordinal: int
    generation: int
    number: int | None
    adds: frozenset[str] = frozenset()
    drops: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    fingerprint: str | None = None
    is_taken_back: bool = False
    set_back: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
