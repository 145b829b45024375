"""Read both sides whole, a page at a time; what was read survives whoever read it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from bridge.constant_contact.client import SUBRESOURCES
from bridge.db.queries import load_queries
from bridge.errors import Unavailable
from bridge.mirror.model import needed_paths
from bridge.salesforce.scan import RECORDS_A_PAGE, read_page

if TYPE_CHECKING:
    from bridge.mapping.compiled import Mapping
    from bridge.mirror.model import Kind
    from bridge.salesforce.values import Record
    from reconciler.runs.context import RunContext

SQL = load_queries("reconciler.snapshot")

_PAGES: dict[str, tuple[str, str, str]] = {
    "list": (
        "contact_lists?status=all&include_membership_count=all&limit=500",
        "lists",
        "list_id",
    ),
    "contact": (f"contacts?status=all&include={SUBRESOURCES}&limit=500", "contacts", "contact_id"),
}


def read_practifi(context: RunContext, kind: Kind) -> None:
    """Stage all records of a kind, from where a former process left off.

    Raises:
        RemoteError: If Salesforce does not answer, a minute long.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    mapping = context.current.mapping
    paths = needed_paths(kind, mapping)
    source = f"practifi:{kind}"
    with context.installation.database.transaction() as tx:
        point = context.checkpoint(tx, source)
    after, count, is_complete = point.cursor, point.row_count, point.complete
    while not is_complete:
        records = context.patiently(partial(_page, context, kind, paths, after))
        is_complete = len(records) < RECORDS_A_PAGE
        count += len(records)
        after = records[-1]["Id"] if records else after
        values = {"kind": kind, "records": json.dumps(records)}
        with context.installation.database.transaction() as tx:
            tx.execute(SQL["stage_practifi"], _of_run(context) | values)
            context.save_checkpoint(tx, source, cursor=after, row_count=count, complete=is_complete)
            context.renew(tx)
        context.progress(f"reading {kind}s in Practifi", count)


def read_there(context: RunContext, kind: Literal["list", "contact"]) -> None:
    """Stage all lists or contacts of the account, deleted ones too, from where it was left off.

    Raises:
        RemoteError: If Constant Contact does not answer, a minute long.
        QuotaSpent: If the day has no call left.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    first, rows_name, id_name = _PAGES[kind]
    source = f"cc:{kind}"
    there = context.constant_contact()
    with context.installation.database.transaction() as tx:
        point = context.checkpoint(tx, source)
    href = point.cursor or first
    count, is_complete = point.row_count, point.complete
    while not is_complete:
        answer = context.patiently(partial(there.get, href))
        resources = _resources(answer, rows_name, id_name)
        following = ((answer.get("_links") or {}).get("next") or {}).get("href")
        is_complete = not following
        count += len(resources)
        values = {"kind": kind, "id_name": id_name, "resources": json.dumps(resources)}
        with context.installation.database.transaction() as tx:
            tx.execute(SQL["stage_cc"], _of_run(context) | values)
            context.save_checkpoint(
                tx, source, cursor=following, row_count=count, complete=is_complete
            )
            context.renew(tx)
        href = following or href
        context.progress(f"reading {kind}s in Constant Contact", count)


def _page(
    context: RunContext, kind: Kind, paths: tuple[str, ...], after: str | None
) -> list[Record]:
    name = object_of(kind, context.current.mapping)
    return read_page(context.salesforce(), name, paths, after=after)


def object_of(kind: Kind, mapping: Mapping) -> str:
    """Return the API name of a kind of record."""
    names = mapping.names
    objects: dict[Kind, str] = {
        "account": names.client.object,
        "contact": names.contact.object,
        "list": names.list.object,
        "membership": names.membership.object,
    }
    return objects[kind]


def _resources(answer: Any, rows_name: str, id_name: str) -> list[dict[str, Any]]:
    rows = answer.get(rows_name) if isinstance(answer, dict) else None
    if isinstance(rows, list) and all(isinstance(row.get(id_name), str) for row in rows):
        return rows
    message = f"Constant Contact gave an answer without {rows_name}"
    raise Unavailable(message, system="constant_contact")


def _of_run(context: RunContext) -> dict[str, Any]:
    return {"connection_id": context.run.connection_id, "run_id": context.run.id}
