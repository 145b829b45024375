"""Carry out the steps of a plan by the couriers that deliver changes: opt-outs, bulk, the rest.

A subject is held like any that is delivered, and decided on anew on what is there now: only steps
that the plan showed are sent. Whoever goes on after a kill finds steps that were on their way
looked up by the courier, so each effect happens once. Steps are read a page at a time: a plan may
be as long as a firm's book.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from bridge.delivery.write_back import write_back
from reconciler.carrier import Carrier
from reconciler.in_bulk import send_in_bulk
from reconciler.open_subjects import open_subjects
from reconciler.runs.finish import Finish
from reconciler.runs.plans import open_totals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.plans.model import StoredStep
    from reconciler.plans.back import Ways
    from reconciler.runs.context import RunContext
    from reconciler.runs.plans import OpenTotals


def carry_out(
    context: RunContext,
    plan_id: int,
    *,
    only_opt_outs: bool = False,
    ways: Ways | None = None,
) -> None:
    """Carry out what is open of a plan, and write to Practifi how its records stand now.

    Args:
        context: The run.
        plan_id: The plan.
        only_opt_outs: Leave every address alone that nobody is unsubscribed at.
        ways: What puts addresses back, where the plan does that.

    Raises:
        QuotaSpent: If the day has no call left; the steps left over stay planned.
        RemoteError: If a remote side refuses the connection as a whole, or does not answer.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
        RunPaused: If somebody has paused its lane.
    """
    database, connection_id = context.installation.database, context.run.connection_id
    carrier = Carrier(context, plan_id, ways)
    try:
        opt_outs = open_subjects(database, connection_id, plan_id, only_opt_outs=True)
        for batch, done, _ in _batches(opt_outs, carrier):
            context.progress("unsubscribing", done)
            context.refuse_paused()
            carrier.carry_out(batch)
        if not only_opt_outs:
            totals = _totals(context, plan_id)
            if totals.plain:
                send_in_bulk(context, plan_id, totals.plain, ways)
                totals = _totals(context, plan_id)
            _carry_out_singly(context, plan_id, totals, carrier)
    finally:
        carrier.close()
    write_back(context.installation)


def _totals(context: RunContext, plan_id: int) -> OpenTotals:
    with context.installation.database.transaction() as tx:
        return open_totals(tx, context.run.connection_id, plan_id)


def _carry_out_singly(
    context: RunContext, plan_id: int, totals: OpenTotals, carrier: Carrier
) -> None:
    """Carry out what is open one by one, or as many at once as the budget sends in a second."""
    database, connection_id = context.installation.database, context.run.connection_id
    finish = Finish(context, totals.calls)
    for batch, done, calls in _batches(open_subjects(database, connection_id, plan_id), carrier):
        context.progress("applying", done, totals.subjects, ends_at=finish.at(calls))
        context.refuse_paused()
        carrier.carry_out(batch)
    context.progress("applying", totals.subjects, totals.subjects)


def _batches(
    subjects: Iterator[list[StoredStep]], carrier: Carrier
) -> Iterator[tuple[list[list[StoredStep]], int, int]]:
    """Yield what is held together, with the subjects and the calls before it."""
    done = calls = 0
    for first in subjects:
        batch = [first, *islice(subjects, carrier.most_at_once(first[0]) - 1)]
        yield batch, done, calls
        done += len(batch)
        calls += sum(step.calls for steps in batch for step in steps)
