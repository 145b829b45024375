"""A run as people see it: values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

Job: TypeAlias = Literal["lists", "contacts", "activities"]
JOBS: tuple[Job, ...] = ("lists", "contacts", "activities")
Mode: TypeAlias = Literal["plan", "apply"]
Extent: TypeAlias = Literal["full", "incremental"]
RunState: TypeAlias = Literal[
    "queued", "reading", "planning", "waiting", "applying", "done", "failed", "cancelled"
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """How much a run is asked to read, and about what.

    Attributes:
        extent: Everything, or what changed since the run before; None leaves that to the run.
        accepts_fewer: A source may give far less than before.
        only: What it is about, as `contact:ID` or `list:ID`; empty: the whole connection.
    """

    extent: Extent | None = None
    accepts_fewer: bool = False
    only: Sequence[str] = ()


WHOLE = Scope()


@dataclass(frozen=True, kw_only=True, slots=True)
class RunRecord:
    """A run as its row stands, with its newest plan.

    Attributes:
        reason: Why it ended, or what it waits for.
        counters: As `Counters.as_json`; empty until it is planned.
        progress: `what`, `done` and `total` of what is being done; once it failed, `failure`.
        is_held: A process holds its lease.
        applies_plan_id: The stored plan that it was asked to carry out, where it makes none.
        extent: How much it reads; None until that is chosen.
        accepts_fewer: A person has said that a source may give far less than before.
        notes: What people should know of how it went.
        lease_until: When that lease runs out, or when a run that waits is due (UTC).
        only: What it is about, as `contact:ID` or `list:ID`; empty: the whole connection.
        undoes_plan_id: The stored plan that it was asked to take back, where it does only that.
    """

    connection_id: int
    connection_name: str
    id: int
    job: Job
    mode: Mode
    origin: str
    asked_by: str
    asked_at: datetime
    state: str
    reason: str | None
    counters: Mapping[str, Any]
    progress: Mapping[str, Any]
    is_held: bool
    lease_until: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    plan_id: int | None
    plan_state: str | None
    totals: Mapping[str, Any]
    applies_plan_id: int | None = None
    extent: Extent | None = None
    accepts_fewer: bool = False
    notes: Sequence[str] = ()
    only: Sequence[str] = ()
    undoes_plan_id: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the run goes on, now or later."""
        return self.finished_at is None

    def does(self, mode: Mode, scope: Scope = WHOLE) -> bool:
        """Tell whether the run compares what is meant, and does with it what is wanted."""
        return (
            self.mode == mode
            and self.applies_plan_id is None
            and self.undoes_plan_id is None
            and set(self.only) == set(scope.only)
            and (self.extent in {None, "full"} or scope.extent in {None, self.extent})
            and (self.accepts_fewer or not scope.accepts_fewer)
        )
