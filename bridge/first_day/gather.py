"""Gather what the first day found from the mirror and from the three plans, and keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from bridge.clock import now
from bridge.constant_contact.forecast import forecast
from bridge.constant_contact.spending import read_spending
from bridge.db.queries import load_queries
from bridge.delivery.work import ENGAGEMENT, RECONCILE
from bridge.first_day.model import (
    Addresses,
    Calls,
    Findings,
    ListFigures,
    Planned,
    Sizes,
    findings_from,
)
from bridge.plans.store import find_plan
from bridge.policies.store import policies_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    from bridge.connections.model import Connection
    from bridge.first_day.model import Kept
    from bridge.mapping.names import Names
    from bridge.runs.model import RunRecord

_SQL = load_queries("bridge.first_day")


def gather(
    tx: psycopg.Connection[Any],
    connection: Connection,
    names: Names,
    *,
    runs: Sequence[RunRecord],
    kept: Kept | None,
    calls_of_runs: int,
    calls_of_snapshot: int,
    storage_above: int,
) -> Findings:
    """Return what the first day found.

    Args:
        tx: A transaction, right after the runs.
        connection: Whose day it is.
        names: Of its mapping.
        runs: The plan-only runs, as they ended.
        kept: The snapshot, where one was taken.
        calls_of_runs: Calls to Constant Contact that the runs made.
        calls_of_snapshot: And those that the snapshot did.
        storage_above: New Interactions above which a plan waits.
    """
    of_connection = {"connection_id": connection.id}
    with tx.cursor(row_factory=class_row(Sizes)) as cursor:
        sizes = cursor.execute(_SQL["sizes"], of_connection).fetchone() or Sizes()
    with tx.cursor(row_factory=class_row(Addresses)) as cursor:
        addresses = cursor.execute(_SQL["addresses"], of_connection).fetchone() or Addresses()
    with tx.cursor(row_factory=class_row(ListFigures)) as cursor:
        values = of_connection | {"id_field": names.list.cc_id or ""}
        lists = cursor.execute(_SQL["by_list"], values).fetchall()
    plans = tuple(_planned(tx, record) for record in runs)
    policies = policies_of(tx, connection.id)
    schedules = tx.execute(_SQL["only_planned"], of_connection).fetchall()
    first = {job: is_first for job, _, is_first in schedules}
    return Findings(
        made_at=now(tx),
        connection=connection.name,
        sizes=sizes,
        addresses=addresses,
        lists=tuple(lists),
        plans=plans,
        calls=_calls(tx, connection, plans, calls_of_runs, calls_of_snapshot),
        kept=kept,
        foreign_policy=policies.foreign_memberships,
        is_scheduled=not schedules or any(enabled for _, enabled, _ in schedules),
        plans_first=first.get("lists", True) and first.get("contacts", True),
        removals_above=policies.removals_above,
        removals_percent=policies.removals_percent,
        storage_above=storage_above,
    )


def keep(tx: psycopg.Connection[Any], connection_id: int, findings: Findings, *, by: str) -> None:
    """Keep the findings, for the page that tells them."""
    values = {
        "connection_id": connection_id,
        "made_at": findings.made_at,
        "made_by": by,
        "findings": Jsonb(findings.as_json()),
    }
    tx.execute(_SQL["add_first_day"], values)


def newest(tx: psycopg.Connection[Any], connection_id: int) -> Findings | None:
    """Return what the last first day of a connection found; None where there was none."""
    row = tx.execute(_SQL["newest_first_day"], {"connection_id": connection_id}).fetchone()
    return None if row is None else findings_from(row[0])


def first_days(tx: psycopg.Connection[Any]) -> dict[int, datetime]:
    """Return connection -> when its last first day was (UTC)."""
    return dict(tx.execute(_SQL["first_days"]).fetchall())


def calls_made(tx: psycopg.Connection[Any], connection_id: int) -> int:
    """Return the calls that runs of a connection have made so far, to tell what one takes."""
    values = {"connection_id": connection_id, "lanes": [RECONCILE, ENGAGEMENT]}
    ((made,),) = tx.execute(_SQL["calls_made"], values).fetchall()
    return int(made)


def _planned(tx: psycopg.Connection[Any], record: RunRecord) -> Planned:
    values = {"connection_id": record.connection_id, "plan_id": record.plan_id}
    fields = dict(tx.execute(_SQL["changed_fields"], values).fetchall())
    totals, counters = record.totals, record.counters
    return Planned(
        job=record.job,
        run_id=record.id,
        plan_id=record.plan_id,
        by_kind=totals.get("by_kind", {}),
        by_sign=totals.get("by_sign", {}),
        fields=fields,
        skipped=counters.get("skipped", {}),
        rejected=counters.get("rejected", {}),
        wait_reason=None if record.plan_id is None else find_plan(tx, record.plan_id).wait_reason,
        calls=totals.get("calls", 0),
    )


def _calls(
    tx: psycopg.Connection[Any],
    connection: Connection,
    plans: Sequence[Planned],
    of_runs: int,
    of_snapshot: int,
) -> Calls:
    planned = sum(one.calls for one in plans)
    spending = next(iter(read_spending(tx, connection.name)), None)
    if spending is None:
        return Calls(runs=of_runs, snapshot=of_snapshot, planned=planned)
    user = next(one for one in spending.users if one.id == connection.id)
    ends_at = forecast(
        {RECONCILE: planned},
        limits=spending.limits,
        used=spending.used,
        moment=spending.moment,
        begins_at=spending.paused_until,
        price=lambda _, calls: calls,
    ).ends_at
    return Calls(
        runs=of_runs,
        snapshot=of_snapshot,
        planned=planned,
        per_second=spending.limits.per_second,
        per_day=spending.limits.per_day,
        left=spending.calls_left(user, RECONCILE),
        takes_s=None if ends_at is None else int((ends_at - spending.moment).total_seconds()),
    )
