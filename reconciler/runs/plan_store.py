"""Store the plan of a run whole, with what it comes to, before any of it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from bridge.db.queries import load_queries
from bridge.mapping.settling import settle, unsettled
from bridge.plans.interactions import skip_interactions
from bridge.plans.model import SIGNS
from bridge.policies.store import policies_of
from reconciler.plans.effects import before_and_after
from reconciler.plans.figures import read_figures
from reconciler.plans.guard import judge
from reconciler.runs.drafts import move_drafted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    import psycopg

    from bridge.plans.model import PlanState
    from reconciler.plans.effects import Effects, Figures
    from reconciler.runs.context import RunContext

_SQL = load_queries("reconciler.runs", "plans.sql")


def store_plan(
    tx: psycopg.Connection[Any],
    context: RunContext,
    effects: Effects,
    mapping_version_id: int | None,
) -> int:
    """Store a plan with the steps that were drafted, and return its id.

    Steps that their job keeps apart belong to the plan from now on.

    Plans of the same job that nobody applied are discarded, and runs that waited with one end: they
    rest on what was before. A plan without a step is done at once; of a run that applies it waits
    only where it would take too much away, otherwise it always does.

    Args:
        tx: The transaction that also stores the run's counters.
        context: The run.
        effects: What the drafted steps come to.
        mapping_version_id: The mapping that they were made by.

    Raises:
        psycopg.OperationalError: If drafted steps are gone, because the server has crashed.
    """
    run = context.run
    by_mapping = None
    if run.job == "contacts" and not run.only and run.undoes is None:
        by_mapping = unsettled(tx, run.connection_id)
    figures = read_figures(tx, run.connection_id, effects, counts_people=by_mapping is not None)
    verdict = judge(
        effects,
        figures,
        policies_of(tx, run.connection_id),
        storage_above=context.installation.settings.storage_above,
        shows_members=context.current.mapping.interaction.campaign_members,
        by_mapping=by_mapping,
    )
    waits = run.mode == "plan" or bool(verdict.held)
    state: PlanState = "done" if not effects.steps else "waiting" if waits else "applying"
    values: dict[str, Any] = {"connection_id": run.connection_id, "run_id": run.id, "job": run.job}
    if by_mapping is not None and run.mode == "apply" and "mapping" not in verdict.held:
        settle(tx, run.connection_id, by_mapping)
    older = [row[0] for row in tx.execute(_SQL["older_plans"], values)]
    outcome = "a newer plan took its place"
    tx.execute(_SQL["skip_steps"], values | {"plan_ids": older, "outcome": outcome})
    skip_interactions(tx, run.connection_id, older, outcome)
    tx.execute(_SQL["end_runs_of"], values | {"plan_ids": older, "outcome": outcome})
    plan_id = add_plan(
        tx,
        run.connection_id,
        run.id,
        asked_by=run.asked_by,
        state=state,
        wait_reason=verdict.reason or None,
        totals=totals(effects, figures) | {"held": list(verdict.held)},
    )
    if not effects.are_kept_apart:
        move_drafted(
            tx,
            run.connection_id,
            run.id,
            plan_id,
            effects.steps,
            mapping_version_id=mapping_version_id,
        )
    return plan_id


def add_plan(
    tx: psycopg.Connection[Any],
    connection_id: int,
    run_id: int,
    *,
    asked_by: str,
    state: PlanState,
    totals: Mapping[str, Any],
    wait_reason: str | None = None,
    undoes: int | None = None,
    restores: tuple[str, datetime] | None = None,
) -> int:
    """Store a plan without its steps and return its id.

    Args:
        tx: The transaction that stores its steps as well.
        connection_id: Whose plan it is.
        run_id: The run that made it, or stands for it.
        asked_by: Who asked.
        state: How it begins.
        totals: What its steps come to.
        wait_reason: What there is too much of in it.
        undoes: The plan that it takes back.
        restores: The snapshot that it puts back, and when that was taken (UTC).
    """
    snapshot, taken_at = restores or (None, None)
    row = tx.execute(
        _SQL["add_plan"],
        {
            "connection_id": connection_id,
            "run_id": run_id,
            "asked_by": asked_by,
            "state": state,
            "wait_reason": wait_reason,
            "totals": Jsonb(totals),
            "undoes": undoes,
            "restores": snapshot,
            "restores_at": taken_at,
        },
    ).fetchone()
    assert row is not None  # noqa: S101 -- the statement returns its row
    return int(row[0])


def totals(effects: Effects, figures: Figures) -> dict[str, Any]:
    """Return what a plan comes to: steps by sign and kind, calls, numbers before and after."""
    signs = effects.signs
    return {
        "steps": effects.steps,
        "by_sign": {sign: signs[sign] for sign in SIGNS if signs[sign]},
        "by_kind": dict(sorted(effects.kinds.items())),
        "calls": effects.calls,
        "before_after": before_and_after(effects, figures),
    }
