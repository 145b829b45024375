"""A run and what it counts: values only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from bridge.plans.model import sign_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bridge.integrity.score import Apart
    from bridge.plans.model import PlanState, Sign
    from bridge.runs.model import Extent, Job, Mode


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
        undoes: The plan that it is asked to take back; it then reads nothing.
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
    undoes: int | None = None

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
            `update_interaction`, `restore_record`.
        subject_key: An e-mail key, a list's Salesforce id (that there while it has none), or an
            Interaction's external id; of a status the record's id.
        change: Field -> (old, new).
        body: What is sent.
        facts: Digest of what the decision rested on; another one at applying refuses the step.
        calls: Calls to Constant Contact that it costs.
        mapping_version_id: The version that it was decided by, where that is not the run's.
    """

    key: str
    kind: str
    subject_kind: Literal["address", "list", "interaction", "status"]
    subject_key: str
    reason: str
    facts: bytes
    body: Mapping[str, Any] = field(default_factory=dict)
    cc_id: str | None = None
    change: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    calls: int = 1
    mapping_version_id: int | None = None

    @property
    def sign(self) -> Sign:
        """What the step is to people."""
        return sign_of(self.kind, self.change)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanHead:
    """A plan as its run goes by it.

    Attributes:
        wait_reason: Why it needs a person's word, where it does.
        held: What there is too much of in it, as `reconciler.plans.guard` names it.
        undoes: The plan that it takes back, if it does that.
        restores_at: When the snapshot was taken that it puts back, if it does that (UTC).
        has_opt_outs: It has opt-outs that have not ended.
    """

    id: int
    state: PlanState
    wait_reason: str | None = None
    held: tuple[str, ...] = ()
    undoes: int | None = None
    restores_at: datetime | None = None
    has_opt_outs: bool = False


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
