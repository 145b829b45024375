"""A bulk activity: an asynchronous job with a state, counters and row errors. No rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from sandbox.constant_contact.bulk.columns import column_of

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.constant_contact.model import Account, CustomField
    from sandbox.constant_contact.policy import Policy

State: TypeAlias = Literal[
    "initialized", "processing", "completed", "failed", "cancelled", "timed_out"
]
OPEN: frozenset[State] = frozenset({"initialized", "processing"})
MOST_ERRORS = 1000


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What the steps of one moment act on."""

    account: Account
    policy: Policy
    now: datetime

    @cached_property
    def fields(self) -> dict[str, CustomField]:
        """The account's custom fields by name, as imports spell it."""
        return {column_of(one.name): one for one in self.account.custom_fields.values()}


class Work(Protocol):
    """What an activity does, step by step: a step is one row, contact or record."""

    @property
    def total(self) -> int:
        """How many steps there are."""

    def step(self, index: int, scene: Scene, activity: BulkActivity) -> None:
        """Carry out one step; what goes wrong is a line of the activity and no exception."""

    def finish(self, scene: Scene, activity: BulkActivity) -> None:
        """Do what is left once every step is done."""


@dataclass(slots=True, kw_only=True)
class BulkActivity:
    """An asynchronous job.

    Attributes:
        number: Its place in the order of creation.
        work: What is to be done; None once it has ended.
        total: How many steps that is.
        done: Steps that are done.
        counts: The counters of `status`; None where the vendor shows none.
        errors: One line for each row or record that was refused, up to `MOST_ERRORS`.
        source_file_name: Name of the file that was sent, or None.
        is_bulk: Whether it is no deletion of a single list or tag.
        export_id: File that an export made, once it is there.
    """

    number: int
    activity_id: str
    work: Work | None
    total: int
    created_at: datetime
    state: State = "initialized"
    started_at: datetime | None = None
    completed_at: datetime | None = None
    updated_at: datetime | None = None
    done: int = 0
    counts: dict[str, int] | None = None
    errors: list[str] = field(default_factory=list)
    source_file_name: str | None = None
    export_id: str | None = None
    is_bulk: bool = True

    @property
    def is_open(self) -> bool:
        """Whether it waits or works."""
        return self.state in OPEN

    @property
    def percent_done(self) -> int:
        """Steps that are done, in a hundred."""
        if self.state == "completed":
            return 100
        return self.done * 100 // max(self.total, 1)

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter of `status`."""
        if self.counts is not None:
            self.counts[name] = self.counts.get(name, 0) + by

    def blame(self, line: str) -> None:
        """Add a line of `activity_errors`."""
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(line)
