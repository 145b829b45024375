"""A run as its page shows it: one head, one line of time. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bridge.plans.contrast import Contrast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.console.pages.jobs import Standing
    from bridge.console.times import Times
    from bridge.plans.model import PlanRecord
    from bridge.runs.model import Job, RunRecord


@dataclass(frozen=True, kw_only=True, slots=True)
class Usual:
    """What is known of how long a run should take.

    Attributes:
        length_s: Seconds that such runs took; None where none has ended well.
        behind: The job that another run is at just now.
    """

    length_s: float | None = None
    behind: Job | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """One part of a run's way.

    Attributes:
        look: `done`, `now`, `broken`, or nothing where it has not come so far.
    """

    name: str
    says: str
    look: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunView:
    """What the page says of a run.

    Attributes:
        refused: Steps of its plan that were refused, mostly since something changed meanwhile.
        contrast: What a plan made now would do otherwise than these.
    """

    run: RunRecord
    plan: PlanRecord | None
    title: str
    head: str
    standing: Standing
    timeline: Sequence[Point]
    total: str
    numbers: str
    counters: Sequence[str]
    result: str
    usual_s: float | None
    refused: int = 0
    contrast: Contrast = field(default_factory=Contrast)

    @property
    def is_decided_here(self) -> bool:
        """Whether a plan waits that a person may approve or discard."""
        return self.plan is not None and self.plan.state == "waiting"

    @property
    def can_be_undone(self) -> bool:
        """Whether what its plan did to lists may be taken back."""
        return self.plan is not None and can_be_undone(self.plan)

    @property
    def removals(self) -> int:
        """Steps of the plan that take something away."""
        return int(self.run.totals.get("by_sign", {}).get("remove", 0))

    @property
    def moves(self) -> bool:
        """Whether the page should look again by itself."""
        return self.run.is_open and self.run.state != "waiting"


def head_of(run: RunRecord, stands: Standing) -> str:
    """Return the head of the page.

    >>> from bridge.console.pages.jobs import READY
    >>> class Run: id = 218
    >>> head_of(Run(), READY)
    'Run 218: ready'
    """
    words = stands.words
    return f"Run {run.id}: {words[:1].lower()}{words[1:]}"


def can_be_undone(plan: PlanRecord) -> bool:
    """Tell whether what a plan did to lists may be taken back: of contacts, and carried out."""
    return plan.job == "contacts" and plan.state == "done" and bool(plan.totals.get("steps"))


def timeline(run: RunRecord, plan: PlanRecord | None, times: Times) -> list[Point]:
    """Return the parts of a run's way, with what is known of each."""
    asked = f"{times.short(run.asked_at)} by {run.asked_by}"
    points = [Point(name="Asked for", says=asked, look="done")]
    if run.applies_plan_id is None:
        if run.undoes_plan_id is None:
            begun = times.short(run.started_at)
            points.append(_point(run, "Read both sides", begun, "reading", plan is not None))
        made = "" if plan is None else times.short(plan.made_at)
        points.append(_point(run, "Compare", made, "planning", plan is not None))
    if plan is not None and (plan.approved_at or plan.state in {"waiting", "discarded"}):
        points.append(_approval(plan, times))
    if plan is None or plan.state != "discarded":
        is_applied = plan is not None and plan.state == "done"
        ended = times.short(plan.finished_at) if plan is not None else ""
        points.append(_point(run, "Apply", ended, "applying", is_applied))
    return points


def _point(
    run: RunRecord,
    name: str,
    at: str,
    state: str,
    is_over: bool,  # noqa: FBT001
) -> Point:
    if is_over:
        return Point(name=name, says=at, look="done")
    if run.state == state:
        what = str(run.progress.get("what") or "under way")
        done, total = run.progress.get("done"), run.progress.get("total")
        count = "" if done is None else f": {done:,}" + (f" of {total:,}" if total else "")
        return Point(name=name, says=f"{what}{count}", look="now")
    if run.state in {"failed", "cancelled"} and at:
        return Point(name=name, says=run.state, look="broken")
    return Point(name=name, says="not yet" if run.is_open else "not done")


def _approval(plan: PlanRecord, times: Times) -> Point:
    name = "Approval"
    if plan.state == "waiting":
        return Point(name=name, says=f"waits since {times.short(plan.made_at)}", look="now")
    if plan.approved_at is not None:
        approved = f"{times.short(plan.approved_at)} by {plan.approved_by}"
        return Point(name=name, says=approved, look="done")
    return Point(name=name, says=f"discarded {times.short(plan.finished_at)}", look="broken")
