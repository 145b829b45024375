"""Many people put on a list at once, as values: the draft, who was found, what became of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

State: TypeAlias = Literal["draft", "saving", "undoing", "saved", "undone", "discarded"]

DRAFT_DAYS = 14
"""Days for which a draft is kept that nobody goes on with."""

UNDO_S = 12 * 3600
"""Seconds after the save in which it can be taken back: an hour and minute name the end."""

ROWS_AT_MOST = 50_000
"""People that one save takes: more are a matter of the firm's whole book, not of a list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Where people are looked for.

    Attributes:
        kind: `everybody`, `nolist`, `pasted`, `campaign`, `view`, `report`, or `foreign`: members
            whom only Constant Contact has.
        name: What people know it as.
        missing: What it named that nobody in Practifi is.
        rows: How many rows a report had.
        calls: How many calls it took to read them.
    """

    kind: str = "everybody"
    name: str = "All contacts in Practifi"
    missing: int = 0
    rows: int = 0
    calls: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Chip:
    """A filter with what it asks for."""

    path: str
    label: str
    text: str

    @property
    def words(self) -> str:
        """What people read on it."""
        return f"{self.label}: {self.text}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Bulk:
    """A draft, or what was saved of it.

    Attributes:
        list_id: The list of the first step, in Practifi.
        read_at: When those who match were found (UTC).
        due_at: When the work in Practifi goes on (UTC); None: nothing of it is left.
        reason: Why it does not go on now.
    """

    connection_id: int
    id: int
    person_id: int
    asked_by: str
    state: State
    list_id: str | None
    source: Mapping[str, Any]
    filters: Sequence[Mapping[str, str]]
    read_at: datetime | None
    made_at: datetime
    changed_at: datetime
    saved_at: datetime | None
    undone_by: str | None
    reason: str | None
    due_at: datetime | None
    finished_at: datetime | None
    list_name: str | None = None

    @property
    def chips(self) -> list[Chip]:
        """The filters, in the order in which they were set."""
        return [Chip(**one) for one in self.filters]

    @property
    def found_in(self) -> Source:
        """Where people were looked for."""
        return Source(**self.source)


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known of a person who might be put on a list.

    Attributes:
        is_there: Practifi has the record.
        typed_address: As somebody typed it; `email_key` is None where that is no address.
        do_not_email: None: not known.
        left_out: Why the mapping lets the person take no part.
        opted_out_by: `person`, `firm` or `complaint`, where an opt-out stands on record.
        permission: Of the contact there, where there is one.
        opted_out_there_at: When the contact there was unsubscribed (UTC).
        lists_there: How many lists the contact there is on.
        left_at: When the person left this very list by their own act (UTC).
        sharers: Names of the others at the address.
    """

    contact_id: str
    list_id: str
    name: str
    is_there: bool = True
    typed_address: str | None = None
    email_key: str | None = None
    do_not_email: bool | None = False
    sharer_ticked: bool = False
    left_out: str | None = None
    opted_out_by: str | None = None
    opted_out_at: datetime | None = None
    cc_contact_id: str | None = None
    permission: str | None = None
    opt_out_source: str | None = None
    opted_out_there_at: datetime | None = None
    lists_there: int = 0
    is_member: bool = False
    left_at: datetime | None = None
    sharers: Sequence[str] = field(default_factory=tuple)
