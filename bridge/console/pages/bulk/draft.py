"""What the steps of Bulk Create share: whose draft it is, its mapping, and lists that are gone."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from bridge.bulk_create.drafts import find_bulk, lost_lists
from bridge.bulk_create.search import selected_count
from bridge.connections.store import load_connection
from bridge.console.access.records import need_marketing
from bridge.console.faults import NotThere, Refused
from bridge.console.pages.connection import chosen_connection
from bridge.mapping.versions import usable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import psycopg
    from starlette.responses import Response

    from bridge.bulk_create.model import Bulk
    from bridge.connections.model import Connection
    from bridge.console.page import Handler, Visit
    from bridge.mapping.model import Mapping

HOME = "/memberships/bulk"

STEPS = (
    ("list", "Step One: Constant Contact List"),
    ("contacts", "Step Two: Find Contacts"),
    ("selected", "Step Three: Selected List"),
)
"""Last part of a step's address, and its heading."""


def connection_here(visit: Visit) -> Connection:
    """Return the connection that the first page is about, for whoever may create in bulk."""
    with visit.console.database.transaction() as tx:
        connection, _ = chosen_connection(tx, visit)
    need_marketing(visit, connection)
    return connection


def open_bulk(visit: Visit) -> tuple[Bulk, Connection]:
    """Return the draft or save that the path names, for whoever may see it.

    Raises:
        NotThere: If there is none, it is of another connection, or another's draft.
    """
    with visit.console.database.transaction() as tx:
        bulk = find_bulk(tx, visit.number("bulk_id"))
        if bulk is None or not visit.who.sees(bulk.connection_id):
            raise NotThere
        if bulk.state == "draft" and bulk.person_id != visit.who.id:
            raise NotThere
        connection = load_connection(tx, bulk.connection_id)
    need_marketing(visit, connection)
    return bulk, connection


def on_draft(act: Callable[[Visit, Bulk, Connection], Response]) -> Handler:
    """Return a handler of a step; what was saved already leads to its result."""

    @wraps(act)
    def handler(visit: Visit) -> Response:
        bulk, connection = open_bulk(visit)
        if bulk.state != "draft":
            return visit.go(f"{HOME}/{bulk.id}")
        return act(visit, bulk, connection)

    return handler


def step_page(
    tx: psycopg.Connection[Any], visit: Visit, bulk: Bulk, step: str, **values: Any
) -> dict[str, Any]:
    """Return what the template of a step needs, beside its own values."""
    faults = [*values.pop("faults", ()), *lost_words(tx, visit, bulk, [bulk.list_id or ""])]
    return {
        "bulk": bulk,
        "steps": [(f"{HOME}/{bulk.id}/{name}", heading, name == step) for name, heading in STEPS],
        "heading": dict(STEPS)[step],
        "selected": selected_count(tx, bulk),
        "faults": faults,
        **values,
    }


def lost_words(
    tx: psycopg.Connection[Any], visit: Visit, bulk: Bulk, list_ids: Iterable[str]
) -> list[str]:
    """Return what to say of lists that were deleted since they were chosen."""
    found = lost_lists(tx, bulk.connection_id, sorted(set(list_ids) - {""}))
    return [
        f"{name} was deleted in {side} at {visit.times.clock(at)}: choose another list"
        for name, side, at in found
    ]


def mapping_of(tx: psycopg.Connection[Any], connection: Connection) -> Mapping:
    """Return the mapping in force.

    Raises:
        Refused: If there is none.
    """
    current = usable(tx, connection.id)
    if current is None:
        raise Refused(
            f"No mapping is active for {connection.name}: `bridge mapping activate` makes one so."
        )
    return current.mapping
