"""The job `lists`: every list of Practifi exists in Constant Contact under its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.constant_contact.lists import near_most
from bridge.db.queries import load_queries
from bridge.delivery.delete_list import settle_deleted
from bridge.delivery.list_state import agree_on_names, takes_name
from bridge.errors import ConfigurationError, RecordError
from bridge.identity import uuid_or_none
from bridge.policies.store import policies_of
from bridge.unresolved.keep import keep_found
from reconciler.carry_out import carry_out
from reconciler.kept.restored_lists import restore_lists
from reconciler.lists_in_practifi import write_lists
from reconciler.plan_lists import ListHere, ListThere, name_clashes, plan_lists
from reconciler.runs.plans import plan_of_run
from reconciler.snapshot.merge import merge_practifi
from reconciler.snapshot.merge_there import merge_there
from reconciler.snapshot.read import read_both
from reconciler.snapshot.staged import complete
from reconciler.snapshot.terms import begin_staging

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

    from bridge.salesforce.values import Record
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep

SQL = load_queries("reconciler")


def make_plan(context: RunContext) -> list[PlannedStep]:
    """Read the lists of both sides and return what is to be done."""
    begin_staging(context)
    read_both(context, ("list",), ("list",))
    context.enter("planning")
    complete(context, "practifi:list", "cc:list")
    merge_practifi(context, "list")
    merge_there(context, "list")
    with context.installation.database.transaction() as tx:
        policies = policies_of(tx, context.run.connection_id)
        if policies.lists == "both" and context.current.mapping.names.list.cc_id is None:
            message = "lists go both ways only where their records have a field for the id: `cc_id`"
            raise ConfigurationError(message)
        if context.run.mode == "apply":
            _settle_gone(tx, context)
            context.renew(tx)
    here = _here(context)
    with context.installation.database.transaction() as tx:
        clashes = name_clashes(here, policies)
        keep_found(tx, context.run.connection_id, "list_name", clashes.items())
        context.renew(tx)
    if context.run.mode == "apply":
        _agree(context, here)
    there = _there(context)
    steps = plan_lists(here, there, context.counters, policies)
    made = sum(step.kind == "create_list" for step in steps)
    if (warning := near_most(len(there) + made)) is not None:
        with context.installation.database.transaction() as tx:
            context.note(tx, f"{warning}, {made:,} of them by this plan" if made else warning)
            context.renew(tx)
    return steps


def apply_plan(context: RunContext, plan_id: int) -> None:
    """Carry out the steps of a stored plan that have not ended, those in Practifi first."""
    with context.installation.database.transaction() as tx:
        plan = plan_of_run(tx, context.run.connection_id, context.run.id)
    if plan is not None and plan.restores_at is not None:
        restore_lists(context, plan_id)
        return
    write_lists(context, plan_id)
    carry_out(context, plan_id)


def _here(context: RunContext) -> list[ListHere]:
    values = {"connection_id": context.run.connection_id}
    with (
        context.installation.database.transaction() as tx,
        tx.cursor(row_factory=dict_row) as cursor,
    ):
        rows = cursor.execute(SQL["lists_to_decide"], values).fetchall()
    return [_row(context, row) for row in rows]


def _row(context: RunContext, row: dict[str, Any]) -> ListHere:
    mapping = context.current.mapping
    fields: Record = row["fields"]
    wanted: Mapping[str, Any] | None = None
    left_out: str | None = None
    is_faulty = False
    is_there = row["is_there"] and not row["is_deleted_there"]
    name_there: str | None = row["name_there"] if is_there else None
    if not row["is_deleted"]:
        try:
            left_out = mapping.list.leaves_out(fields)
            wanted = None if left_out is not None else dict(mapping.list.project(fields))
        except RecordError as error:
            left_out, is_faulty = str(error), True
    return ListHere(
        sf_id=row["sf_id"],
        wanted=wanted,
        left_out=left_out,
        is_faulty=is_faulty,
        is_deleted=row["is_deleted"],
        held_id=uuid_or_none(fields.get(mapping.names.list.cc_id or "")),
        linked_to=row["linked_to"],
        name_there=name_there,
        agreed_name=row["agreed_name"],
        takes_name=name_there is not None and takes_name(mapping, fields, name_there),
        record_name=row["name"],
    )


def _agree(context: RunContext, here: list[ListHere]) -> None:
    """Keep the names that both sides have: by them the next run tells who renamed a list."""
    names = {
        one.sf_id: one.name_there
        for one in here
        if one.wanted is not None
        and one.name_there is not None
        and one.name_there == one.wanted["name"]
    }
    with context.installation.database.transaction() as tx:
        agree_on_names(tx, context.run.connection_id, names)
        context.renew(tx)


def _settle_gone(tx: psycopg.Connection[Any], context: RunContext) -> None:
    """Keep of lists that are gone on both sides that nobody is on them any more."""
    connection_id = context.run.connection_id
    rows = tx.execute(SQL["gone_on_both_sides"], {"connection_id": connection_id}).fetchall()
    for sf_id, list_id in rows:
        settle_deleted(tx, connection_id, sf_id, list_id)


def _there(context: RunContext) -> list[ListThere]:
    values = {"connection_id": context.run.connection_id}
    with context.installation.database.transaction() as tx:
        rows = tx.execute(SQL["lists_there"], values).fetchall()
    return [
        ListThere(list_id=list_id, name=name, is_taken=is_taken) for list_id, name, is_taken in rows
    ]
