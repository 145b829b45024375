"""The jobs, each a module that reads both sides, decides and carries out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.runs.model import Job
    from reconciler.plans.effects import Effects
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep

MODULES: dict[Job, str] = {
    "lists": "reconciler.lists",
    "contacts": "reconciler.contacts",
    "activities": "reconciler.activities.job",
}
"""Job -> module. Loaded with the run that needs it: no job's code is in the way of another."""


class JobModule(Protocol):
    """What a job has to offer."""

    def make_plan(self, context: RunContext) -> Iterable[PlannedStep] | Effects:
        """Read both sides and give what is to be done; what was read is counted at the end of it.

        Steps of one subject come together. Between two of them the job may have no transaction.
        A job that has stored its steps itself says what they come to.
        """

    def apply_plan(self, context: RunContext, plan_id: int) -> None:
        """Carry out the steps of a stored plan that have not ended."""

    def apply_opt_outs(self, context: RunContext, plan_id: int) -> None:
        """Carry out only what unsubscribes people; asked of no job whose plans never do."""


def load_job(job: Job) -> JobModule:
    """Return the module of a job."""
    return cast("JobModule", import_module(MODULES[job]))
