"""Plans in the database: look at them, approve one whole or in part, discard it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import psycopg
from psycopg.rows import class_row

from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from bridge.identity import email_key, is_salesforce_id, salesforce_id
from bridge.plans.contrast import newest_after
from bridge.plans.interactions import skip_interactions
from bridge.plans.meant import count_meant, leave_out_others
from bridge.plans.model import PlanRecord
from bridge.plans.steps import all_steps, step_states

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bridge.db.database import Database
    from bridge.plans.choose import Choice
    from bridge.plans.model import StoredStep

_SQL = load_queries("bridge.plans")

_PAGE = 1_000


def find_plan(tx: psycopg.Connection[Any], plan_id: int) -> PlanRecord:
    """Return the plan of this number, whichever connection's it is.

    Raises:
        ConfigurationError: If no run made a plan of this number.
    """
    with tx.cursor(row_factory=class_row(PlanRecord)) as cursor:
        plan = cursor.execute(_SQL["plan_record"], {"plan_id": plan_id}).fetchone()
    if plan is None:
        message = f"there is no plan {plan_id}: see `bridge plan list`"
        raise ConfigurationError(message)
    return plan


def newest_plans(
    tx: psycopg.Connection[Any],
    *,
    count: int,
    connection: str | None = None,
    state: str | None = None,
) -> list[PlanRecord]:
    """Return at most `count` plans, the newest first, of one connection by name or of all."""
    values = {"count": count, "connection": connection, "state": state}
    rows = tx.execute(_SQL["newest_plans"], values).fetchall()
    return [find_plan(tx, plan_id) for (plan_id,) in rows]


def pages(
    database: Database, plan: PlanRecord, choice: Choice | None = None
) -> Iterator[list[StoredStep]]:
    """Yield the steps of a plan in order, a thousand at a time; those that are meant."""
    begin = 0
    while True:
        with database.transaction() as tx:
            page = all_steps(tx, plan.connection_id, plan.id, from_ordinal=begin, count=_PAGE)
        if not page:
            return
        yield page if choice is None else [step for step in page if choice.fits(step)]
        begin = page[-1].ordinal + 1


def approve_plan(
    tx: psycopg.Connection[Any],
    plan: PlanRecord,
    choice: Choice,
    *,
    by: str,
    origin: Literal["cli", "console"] = "cli",
) -> tuple[int, int]:
    """Approve a plan, or what is meant of it; return the run that carries it out, and the steps.

    Exactly these steps are carried out: the run that waited goes on, or a new one is asked for.
    What is left out is skipped.

    Raises:
        ConfigurationError: If it does not wait, nothing of it is meant, or a run of its job is
            under way, which will make a plan of its own.
    """
    plan = _lock_waiting(tx, plan)
    values = _row(plan) | {"job": plan.job, "by": by, "origin": origin}
    under_way = tx.execute(_SQL["run_under_way"], values).fetchone()
    if under_way is not None:
        message = (
            f"run {under_way[0]} of {plan.job} is under way: let it end, or "
            f"`bridge runs cancel {under_way[0]}`, then approve what waits"
        )
        raise ConfigurationError(message)
    if choice.is_all:
        count = step_states(tx, plan.connection_id, plan.id).get("planned", 0)
    else:
        count = sum(count_meant(tx, plan, choice).values())
    if not count:
        message = f"nothing of plan {plan.id} is meant: see `bridge plan show {plan.id}`"
        raise ConfigurationError(message)
    if not choice.is_all:
        leave_out_others(tx, plan, choice, f"not approved by {by}")
    tx.execute(_SQL["approve_plan"], values)
    return _hand_to_run(tx, values), count


def _hand_to_run(tx: psycopg.Connection[Any], values: dict[str, Any]) -> int:
    """Return the run that carries an approved plan out: the one that waited, or a new one."""
    try:
        row = tx.execute(_SQL["resume_run"], values).fetchone()
        if row is None:
            row = tx.execute(_SQL["add_applying_run"], values).fetchone()
    except psycopg.errors.UniqueViolation:
        message = f"a run of {values['job']} has just begun: let it end, then approve what waits"
        raise ConfigurationError(message) from None
    assert row is not None  # noqa: S101 -- the statement returns its row
    return int(row[0])


def discard_plan(tx: psycopg.Connection[Any], plan: PlanRecord, *, by: str) -> None:
    """Give a plan up that waits, and the run that waited with it.

    Raises:
        ConfigurationError: If it does not wait.
    """
    plan = _lock_waiting(tx, plan)
    values = _row(plan) | {"outcome": f"the plan was discarded by {by}"}
    tx.execute(_SQL["skip_all"], values)
    skip_interactions(tx, plan.connection_id, [plan.id], values["outcome"])
    tx.execute(_SQL["discard_plan"], values)
    tx.execute(_SQL["cancel_waiting_run"], values)


def names_of(
    tx: psycopg.Connection[Any], connection_id: int, only: Iterable[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that contacts and lists are known by, which are given as `contact:ID`.

    An id is one of either side; a contact may be given by an e-mail address as well.

    Raises:
        ConfigurationError: If nobody and nothing is known by it.
    """
    contacts: set[str] = set()
    lists: set[str] = set()
    for text in only:
        kind, colon, given = text.partition(":")
        if not colon or kind not in {"contact", "list"} or not given:
            raise ConfigurationError(f"{text!r}: contact:ID or list:ID is wanted")
        name = salesforce_id(given) if is_salesforce_id(given) else given.strip().lower()
        query = _SQL["ids_of_list"] if kind == "list" else _SQL["addresses_of"]
        rows = tx.execute(query, {"connection_id": connection_id, "id": name})
        known = {found for (found,) in rows if found is not None}
        if kind == "contact" and email_key(name):
            known.add(name)
        if not known:
            raise ConfigurationError(f"no {kind} {given} is known")
        (lists if kind == "list" else contacts).update(known | {name})
    return frozenset(contacts), frozenset(lists)


def _row(plan: PlanRecord) -> dict[str, Any]:
    return {"connection_id": plan.connection_id, "plan_id": plan.id, "run_id": plan.run_id}


def _lock_waiting(tx: psycopg.Connection[Any], plan: PlanRecord) -> PlanRecord:
    """Return a plan that waits as it stands now, locked until the transaction ends."""
    tx.execute(_SQL["lock_plan"], _row(plan))
    plan = find_plan(tx, plan.id)
    if plan.state != "waiting":
        message = f"plan {plan.id} does not wait: it is {plan.state}"
        if newest := newest_after(tx, plan):
            message += (
                f". Plan {newest} took its place: `bridge plan show {newest} --against {plan.id}` "
                "shows what it does otherwise"
            )
        raise ConfigurationError(message)
    if plan.run_state not in {"done", "waiting"}:
        raise ConfigurationError(f"plan {plan.id} does not wait yet: run {plan.run_id} goes on")
    return plan
