"""Members that only Constant Contact has get their records in Practifi: a draft that names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.bulk_create.drafts import begin_with, draft_of
from bridge.bulk_create.model import Source
from bridge.console.access.roles import Right
from bridge.console.faults import Refused
from bridge.console.page import Page
from bridge.console.pages.bulk.draft import HOME
from bridge.console.pages.lists import connection_here, find_list, foreign_members

if TYPE_CHECKING:
    from starlette.responses import Response

    from bridge.console.page import Visit


def adopt(visit: Visit) -> Response:
    """Begin a draft with those members of a list whom Practifi knows; nothing is saved yet."""
    connection = connection_here(visit)
    with visit.console.database.transaction() as tx:
        one = find_list(tx, visit, connection)
        if draft_of(tx, connection.id, visit.who.id) is not None:
            raise Refused(
                "You have a draft of Bulk Create already: continue it or discard it first."
            )
        found = foreign_members(tx, connection, one)
        ids = [row.contact_id for row in found if row.contact_id is not None]
        if not ids:
            raise Refused("Nobody in Practifi has one of these addresses any more.")
        bulk_id = begin_with(
            tx,
            connection.id,
            visit.who.id,
            by=visit.who.signature,
            list_id=one.id,
            source=Source(kind="foreign", name=f"Members of {one.name} in Constant Contact alone"),
            contact_ids=list(dict.fromkeys(ids)),
        )
    visit.note("bulk_begun", bulk=bulk_id, list=one.id, people=len(ids))
    return visit.go(f"{HOME}/{bulk_id}/selected")


PAGES = (Page(method="POST", path="/lists/{list_id}/adopt", right=Right.MEET, handler=adopt),)
