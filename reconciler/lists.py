"""The job `lists`: every list of Practifi exists in Constant Contact under its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import dict_row

from bridge.db.queries import load_queries
from bridge.errors import RecordError
from bridge.identity import uuid_or_none
from reconciler.carry_out import carry_out
from reconciler.plan_lists import ListHere, ListThere, plan_lists
from reconciler.snapshot.merge import merge_practifi
from reconciler.snapshot.merge_there import merge_there
from reconciler.snapshot.read import read_both
from reconciler.snapshot.staged import complete
from reconciler.snapshot.terms import begin_staging

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    return plan_lists(_here(context), _there(context), context.counters)


def apply_plan(context: RunContext, plan_id: int) -> None:
    """Carry out the steps of a stored plan that have not ended."""
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
    if row["is_deleted"]:
        left_out = "deleted in Practifi: removing it there needs an approval"
    else:
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
        held_id=uuid_or_none(fields.get(mapping.names.list.cc_id or "")),
        linked_to=row["linked_to"],
        name_there=row["name_there"] if row["is_there"] and not row["is_deleted_there"] else None,
    )


def _there(context: RunContext) -> list[ListThere]:
    values = {"connection_id": context.run.connection_id}
    with context.installation.database.transaction() as tx:
        rows = tx.execute(SQL["lists_there"], values).fetchall()
    return [
        ListThere(list_id=list_id, name=name, is_taken=is_taken) for list_id, name, is_taken in rows
    ]
