"""The job `activities`: engagement in Constant Contact becomes Interactions in Salesforce."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.db.statistics import refresh_statistics
from reconciler.activities.members import check_campaigns, write_members
from reconciler.activities.plan import plan_interactions
from reconciler.activities.read import read_engagement
from reconciler.activities.write import write_interactions

if TYPE_CHECKING:
    from reconciler.plans.effects import Effects
    from reconciler.runs.context import RunContext


def make_plan(context: RunContext) -> Effects:
    """Read what happened there, and plan the Interactions that have to be written.

    Raises:
        ConfigurationError: If the organization's names have no field for the bridge's key, or
            campaigns are wanted that cannot be.
        RemoteError: If Constant Contact does not do its part.
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
    """
    mapping = context.current.mapping
    if mapping.interaction.campaign_members:
        check_campaigns(mapping.names)
    read_engagement(context)
    context.enter("planning")
    refresh_statistics(context.installation.database)
    return plan_interactions(context)


def apply_plan(context: RunContext, plan_id: int) -> None:
    """Write the Interactions of a stored plan.

    Raises:
        RemoteError: If Salesforce does not do its part.
        RunLost, RunCancelled, RunReleased: If the run shall not go on here.
    """
    refresh_statistics(context.installation.database)
    write_interactions(context, plan_id)
    if context.current.mapping.interaction.campaign_members:
        write_members(context)
