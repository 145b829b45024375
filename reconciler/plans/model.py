"""A plan as people decide on it: values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reconciler.runs.model import Job, PlanState


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRecord:
    """A plan of a run as its row stands.

    Attributes:
        run_id: The run that made it.
        applied_by: The run that was asked to carry it out, where that is another one.
        run_state: How the run that made it stands.
        wait_reason: Why it waits, where a limit holds it.
        undoes: The plan that it takes back, if it does that.
        totals: As `reconciler.runs.plans.totals`, and `held`.
    """

    connection_id: int
    connection: str
    id: int
    run_id: int
    applied_by: int | None
    run_state: str
    job: Job
    asked_by: str
    state: PlanState
    wait_reason: str | None
    undoes: int | None
    totals: Mapping[str, Any]
    made_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    finished_at: datetime | None
