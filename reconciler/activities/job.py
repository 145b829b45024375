"""The job `activities`: engagement in Constant Contact becomes Interactions in Salesforce."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.activities.plan import plan_interactions
from reconciler.activities.read import read_engagement
from reconciler.activities.write import write_interactions

if TYPE_CHECKING:
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep


def make_plan(context: RunContext) -> list[PlannedStep]:
    """Read what happened there, and return the Interactions that have to be written.

    Raises:
        ConfigurationError: If the organization's names have no field for the bridge's key.
        RemoteError: If Constant Contact does not do its part.
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
    """
    read_engagement(context)
    context.enter("planning")
    return plan_interactions(context)


def apply_plan(context: RunContext, plan_id: int) -> None:
    """Write the Interactions of a stored plan.

    Raises:
        RemoteError: If Salesforce does not do its part.
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
    """
    write_interactions(context, plan_id)
