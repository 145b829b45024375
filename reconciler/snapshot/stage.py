"""Put a page that was read into the staging tables of its run, by COPY.

A record is staged as the mirror will have it, and once more as the narrow row by which both sides
are compared; so nothing that was read passes through this process again unless it differs.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from bridge.db.queries import load_queries
from bridge.delivery.assemble import membership_left_out, wanted_of
from bridge.delivery.greeting import as_household, household_of
from bridge.mirror.model import household_path, needed_paths, row_of
from bridge.mirror.remember import contact_row
from bridge.policies.store import policies_of
from reconciler.copying import array, block
from reconciler.snapshot.terms import comparison_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import LiteralString

    import psycopg

    from bridge.mirror.model import Kind, PractifiRow
    from bridge.salesforce.values import Record
    from reconciler.runs.context import RunContext
    from reconciler.snapshot.compared import Comparison

SQL = load_queries("reconciler.snapshot")

_ROWS = 250
"""Rows that are written together; nothing is asked of the database between them."""


def stage_practifi(
    tx: psycopg.Connection[Any], context: RunContext, kind: Kind, records: Sequence[Record]
) -> None:
    """Stage records of Salesforce; one that is staged again counts as it was read last."""
    mapping = context.current.mapping
    needed = needed_paths(kind, mapping)
    rows = [
        row_of(context.run.connection_id, kind, record, mapping, source="snapshot", needed=needed)
        for record in records
    ]
    place = _place(context)
    _copy(tx, SQL["copy_records"], ((*place, *_record(row)) for row in rows))
    if kind == "contact":
        comparison = comparison_of(tx, context)
        people = (_contact(context, comparison, row) for row in rows)
        if policies_of(tx, context.run.connection_id).shared_name == "household":
            households = (_household(context, comparison, row) for row in rows)
            both = zip(people, households, strict=True)
            _copy(tx, SQL["copy_contacts_of_households"], ((*place, *a, *b) for a, b in both))
        else:
            _copy(tx, SQL["copy_contacts"], ((*place, *one) for one in people))
    elif kind == "membership":
        _copy(tx, SQL["copy_memberships"], ((*place, *_membership(context, row)) for row in rows))


def stage_there(
    tx: psycopg.Connection[Any],
    context: RunContext,
    kind: Literal["list", "contact"],
    id_name: str,
    resources: Sequence[Mapping[str, Any]],
) -> None:
    """Stage lists or contacts of the account; one that is staged again counts as read last."""
    place = _place(context)
    if kind == "list":
        rows = ((*place, kind, one[id_name], _json(one), *[None] * 7) for one in resources)
        _copy(tx, SQL["copy_resources"], rows)
        return
    comparison = comparison_of(tx, context)
    columns = [contact_row(one) for one in resources]
    _copy(tx, SQL["copy_resources"], ((*place, kind, *_resource(row)) for row in columns))
    _copy(
        tx,
        SQL["copy_contacts_there"],
        (
            (
                *place,
                row["contact_id"],
                row["email_key"],
                comparison.of_there(row["resource"]),
                row["permission"],
                row["opt_out_source"],
                _flag(row["deleted_at"] is not None),
                array(dict.fromkeys(row["resource"].get("list_memberships") or ())),
            )
            for row in columns
        ),
    )


def _contact(context: RunContext, comparison: Comparison, row: PractifiRow) -> Sequence[str | None]:
    wanted, left_out, cause = wanted_of(row.fields, context.current.mapping)
    return (
        row.sf_id,
        None if row.deleted_at is not None else row.email_key,
        None if wanted is None else comparison.of_wanted(wanted),
        _flag(row.do_not_email),
        left_out,
        _flag(cause is not None),
    )


def _household(
    context: RunContext, comparison: Comparison, row: PractifiRow
) -> tuple[str | None, str | None]:
    """Return the household of a person, and what is compared where several of it share an address.

    The second is what `greet_household` makes of them.
    """
    wanted, _, _ = wanted_of(row.fields, context.current.mapping)
    household = household_of(row.fields.get(household_path(context.current.mapping.names) or ""))
    if wanted is None or household is None:
        return household, None
    return household, comparison.of_wanted(as_household(wanted, household))


def _membership(context: RunContext, row: PractifiRow) -> Sequence[str | None]:
    is_there = row.deleted_at is None
    return (
        row.sf_id,
        row.contact_id if is_there else None,
        row.list_id if is_there else None,
        membership_left_out(row.fields, context.current.mapping),
    )


def _record(row: PractifiRow) -> Sequence[str | None]:
    return (
        row.kind,
        row.sf_id,
        _json(row.fields),
        _moment(row.modstamp),
        row.modified_by,
        _moment(row.created_at),
        _moment(row.deleted_at),
        row.account_id,
        row.contact_id,
        row.list_id,
        row.name,
        row.email_key,
        _flag(row.do_not_email),
        _moment(row.resubscribe_at),
        array(row.unknown_fields),
    )


def _resource(row: Mapping[str, Any]) -> Sequence[str | None]:
    return (
        row["contact_id"],
        _json(row["resource"]),
        row["email_key"],
        row["permission"],
        row["opt_out_source"],
        row["opt_out_at"],
        row["update_source"],
        row["updated_at"],
        row["deleted_at"],
    )


def _copy(
    tx: psycopg.Connection[Any],
    statement: LiteralString,
    rows: Iterable[Sequence[str | None]],
) -> None:
    coming = iter(rows)
    with tx.cursor().copy(statement) as copy:
        while part := list(islice(coming, _ROWS)):
            copy.write(block(part))


def _place(context: RunContext) -> tuple[str, str]:
    return str(context.run.connection_id), str(context.run.id)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _flag(value: bool | None) -> str | None:  # noqa: FBT001 -- a value, no switch
    return None if value is None else "t" if value else "f"


def _moment(value: Any) -> str | None:
    return None if value is None else str(value.isoformat())
