"""The job `lists`: every list of Practifi exists in Constant Contact under its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.rows import dict_row

from bridge.db.queries import load_queries
from bridge.delivery.model import Step
from bridge.errors import RecordError
from reconciler.agreed import facts_of
from reconciler.carry_out import carry_out
from reconciler.runs.model import PlannedStep
from reconciler.snapshot.merge import merge_practifi, merge_there
from reconciler.snapshot.read import read_practifi, read_there

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.salesforce.values import Record
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import Counters

SQL = load_queries("reconciler")


@dataclass(frozen=True, kw_only=True, slots=True)
class ListHere:
    """A list of Practifi.

    Attributes:
        wanted: What the mapping makes of it; None where it takes no part.
        left_out: Why it takes no part.
        is_faulty: It should take part and cannot.
        held_id: The id there that the record holds.
        linked_to: The list there that it is.
        name_there: That list's name; None where it is gone.
    """

    sf_id: str
    wanted: Mapping[str, Any] | None
    left_out: str | None = None
    is_faulty: bool = False
    held_id: str | None = None
    linked_to: str | None = None
    name_there: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ListThere:
    """A list of Constant Contact that is not deleted.

    Attributes:
        is_taken: A list of Practifi is linked to it.
    """

    list_id: str
    name: str
    is_taken: bool


def make_plan(context: RunContext) -> list[PlannedStep]:
    """Read the lists of both sides and return what is to be done."""
    read_practifi(context, "list")
    read_there(context, "list")
    context.enter("planning")
    merge_practifi(context, "list")
    merge_there(context, "list")
    return plan_lists(_here(context), _there(context), context.counters)


def apply_plan(context: RunContext, plan_id: int) -> None:
    """Carry out the steps of a stored plan that have not ended."""
    carry_out(context, plan_id)


def plan_lists(
    here: Sequence[ListHere], there: Sequence[ListThere], counters: Counters
) -> list[PlannedStep]:
    """Return a step for each list that differs, and count every list of either side. Pure."""
    free = {one.list_id: one for one in there if not one.is_taken}
    steps: list[PlannedStep] = []
    for one in here:
        counters.read += 1
        if one.wanted is None:
            count = counters.reject if one.is_faulty else counters.skip
            count(one.left_out or "the mapping leaves it out")
        elif one.linked_to is not None and one.name_there is None:
            counters.reject("deleted in Constant Contact: link the record to another list")
        elif (step := _step(one, one.wanted, free)) is None:
            counters.unchanged += 1
        else:
            counters.planned += 1
            steps.append(step)
    counters.read += len(free)
    if free:
        counters.skip("only in Constant Contact", len(free))
    return steps


def _step(
    one: ListHere, wanted: Mapping[str, Any], free: dict[str, ListThere]
) -> PlannedStep | None:
    name = str(wanted["name"])
    if one.linked_to is not None:
        if one.name_there == name:
            return None
        step = Step(kind="rename_list", body=wanted, reason="", contact_id=one.linked_to)
        return _planned(
            one, step, "it has another name in Practifi", {"name": (one.name_there, name)}
        )
    match = free.pop(one.held_id or "", None)
    reason = "the record holds its id"
    if match is None:
        match = next(
            (o for o in free.values() if o.name.strip().lower() == name.strip().lower()), None
        )
        reason = "a list of this name is there"
    if match is None:
        step = Step(kind="create_list", body=wanted, reason="")
        change = {"name": (None, name)}
        return _planned(one, step, "it is not in Constant Contact yet", change)
    free.pop(match.list_id, None)
    step = Step(kind="rename_list", body=wanted, reason="", contact_id=match.list_id)
    return _planned(one, step, reason, {"name": (match.name, name)}, kind="link_list")


def _planned(
    one: ListHere,
    step: Step,
    reason: str,
    change: Mapping[str, tuple[Any, Any]],
    *,
    kind: str | None = None,
) -> PlannedStep:
    return PlannedStep(
        key=f"list:{one.sf_id}:{kind or step.kind}",
        kind=kind or step.kind,
        subject_kind="list",
        subject_key=one.sf_id,
        reason=reason,
        facts=facts_of(step),
        body=step.body,
        cc_id=step.contact_id,
        change=change,
        calls=1 if step.kind == "create_list" else 2,
    )


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
        held_id=_uuid(fields.get(mapping.names.list.cc_id or "")),
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


def _uuid(text: str | None) -> str | None:
    try:
        return str(UUID(text or ""))
    except ValueError:
        return None
