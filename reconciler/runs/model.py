"""A run and what it counts: values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bridge.integrity.score import Apart

Job: TypeAlias = Literal["lists", "contacts", "activities"]
JOBS: tuple[Job, ...] = ("lists", "contacts", "activities")
Mode: TypeAlias = Literal["plan", "apply"]
Extent: TypeAlias = Literal["full", "incremental"]
PlanState: TypeAlias = Literal["waiting", "approved", "applying", "done", "discarded"]


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
class Run:
    """One job over a whole connection, as its row stood when it was claimed.

    Attributes:
        mode: `plan` stores what would be done; `apply` goes on and does it.
        extent: Whether it reads everything, or what changed since the run before it; None until
            that is chosen.
        asked_by: A Salesforce user, a user of this machine, or `schedule`.
        started_at: When it was first claimed (UTC): what is known since is newer than what it read.
        only: What it is about, as `contact:ID` or `list:ID`; empty: the whole connection.
    """

    connection_id: int
    id: int
    job: Job
    mode: Mode
    origin: Literal["schedule", "console", "cli"]
    asked_by: str
    state: str
    started_at: datetime
    extent: Extent | None = None
    only: Sequence[str] = ()

    def reads_whole(self, kind: str) -> bool:
        """Tell whether the run reads all of a kind; of lists it always does: they are few."""
        return self.extent != "incremental" or kind == "list"


@dataclass(kw_only=True, slots=True)
class Counters:
    """What became of everything that a run read; nothing is left unexplained.

    Attributes:
        read: Subjects that the run looked at.
        unchanged: Those that are as they should be.
        planned: Those that the plan has at least one step for.
        skipped: Those that take no part, by reason.
        rejected: Those that should take part and cannot, by reason.
        foreign: Memberships that only Constant Contact has, by the name of the list: shown, and
            left alone. They are no subjects, so they are not among those read.
        apart: Subjects that could not be compared, and why; for the score of the run alone.
    """

    read: int = 0
    unchanged: int = 0
    planned: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    foreign: dict[str, int] = field(default_factory=dict)
    apart: dict[str, Apart] = field(default_factory=dict)

    def skip(self, reason: str, count: int = 1) -> None:
        """Count subjects that take no part."""
        self.skipped[reason] = self.skipped.get(reason, 0) + count

    def reject(self, reason: str, count: int = 1) -> None:
        """Count subjects that should take part and cannot."""
        self.rejected[reason] = self.rejected.get(reason, 0) + count

    def adds_up(self) -> bool:
        """Tell whether everything read is accounted for.

        >>> Counters(read=3, unchanged=1, planned=1, skipped={"no address": 1}).adds_up()
        True
        """
        explained = sum(self.skipped.values()) + sum(self.rejected.values())
        return self.read == self.unchanged + self.planned + explained

    def as_json(self) -> dict[str, Any]:
        """Return what the run's row keeps."""
        return {
            "read": self.read,
            "unchanged": self.unchanged,
            "planned": self.planned,
            "skipped": self.skipped,
            "rejected": self.rejected,
            "foreign": self.foreign,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedStep:
    """One effect that a plan foresees, for people and for whoever applies it.

    Attributes:
        key: Deterministic: one effect, one key.
        kind: As in `bridge.delivery.model.StepKind`, or `create_interaction`,
            `update_interaction`.
        subject_key: An e-mail key, a list's Salesforce id (that there while it has none), or an
            Interaction's external id.
        change: Field -> (old, new).
        body: What is sent.
        facts: Digest of what the decision rested on; another one at applying refuses the step.
        calls: Calls to Constant Contact that it costs.
    """

    key: str
    kind: str
    subject_kind: Literal["address", "list", "interaction"]
    subject_key: str
    reason: str
    facts: bytes
    body: Mapping[str, Any] = field(default_factory=dict)
    cc_id: str | None = None
    change: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    calls: int = 1

    @property
    def sign(self) -> Sign:
        """What the step is to people."""
        return sign_of(self.kind, self.change)


Sign: TypeAlias = Literal["add", "change", "remove", "opt-out"]
SIGNS: tuple[Sign, ...] = ("add", "change", "remove", "opt-out")


def sign_of(kind: str, change: Mapping[str, tuple[Any, Any]] | None = None) -> Sign:
    """Return what a step is to people, by its kind and by what it changes.

    >>> [sign_of(kind) for kind in ("create_list", "move_address", "delete_list", "unsubscribe")]
    ['add', 'change', 'remove', 'opt-out']
    >>> sign_of("update_contact", {"list_memberships": (["a", "b"], ["a"])})
    'remove'
    """
    if kind == "unsubscribe":
        return "opt-out"
    if kind == "update_contact" and set(change or ()) == {"list_memberships"}:
        old, new = (change or {})["list_memberships"]
        return "remove" if set(new or ()) < set(old or ()) else "change"
    verb = kind.partition("_")[0]
    if verb in {"create", "add", "adopt"}:
        return "add"
    return "remove" if verb in {"delete", "remove"} else "change"


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanHead:
    """A plan as its run goes by it.

    Attributes:
        wait_reason: Why it needs a person's word, where it does.
        held: What there is too much of in it, as `reconciler.plans.guard` names it.
        undoes: The plan that it takes back, if it does that.
        has_opt_outs: It has opt-outs that have not ended.
    """

    id: int
    state: PlanState
    wait_reason: str | None = None
    held: tuple[str, ...] = ()
    undoes: int | None = None
    has_opt_outs: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredStep:
    """A step as its row stands.

    Attributes:
        ordinal: Its place in the plan, from 0.
        state: As the table says: planned, sending, sent, confirmed, skipped, refused, failed.
        outcome: What became of it, in words.
        facts: Digest of what the decision rested on.
        now: Of a step that was refused as stale: what would be done instead, as
            `reconciler.plans.difference.as_now` has it.
    """

    connection_id: int
    plan_id: int
    ordinal: int
    key: str
    kind: str
    subject_kind: str
    subject_key: str
    body: Mapping[str, Any]
    cc_id: str | None
    change: Mapping[str, tuple[Any, Any]]
    calls: int
    facts: bytes
    mapping_version_id: int | None
    reason: str
    state: str
    outcome: str | None
    now: Sequence[Mapping[str, Any]] | None = None

    @property
    def sign(self) -> Sign:
        """What the step is to people."""
        return sign_of(self.kind, self.change)


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """How far a source of a run was read.

    Attributes:
        cursor: Where the next page begins; None at the start.
        row_count: Rows that were staged so far.
        complete: There is nothing more to read.
    """

    cursor: str | None = None
    row_count: int = 0
    complete: bool = False


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

    @property
    def is_open(self) -> bool:
        """Whether the run goes on, now or later."""
        return self.finished_at is None

    def does(self, mode: Mode, scope: Scope = WHOLE) -> bool:
        """Tell whether the run compares what is meant, and does with it what is wanted."""
        return (
            self.mode == mode
            and self.applies_plan_id is None
            and set(self.only) == set(scope.only)
            and (self.extent in {None, "full"} or scope.extent in {None, self.extent})
            and (self.accepts_fewer or not scope.accepts_fewer)
        )
