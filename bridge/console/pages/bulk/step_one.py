"""Bulk Create, Step One: a draft that is there already, the list, and a new list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bridge.bulk_create.drafts import (
    begin,
    choose_list,
    discard,
    draft_of,
    list_names,
    read_lists,
    saved_of,
)
from bridge.bulk_create.new_list import clash, create_list
from bridge.bulk_create.search import find
from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.console.pages.bulk.draft import (
    HOME,
    STEPS,
    connection_here,
    mapping_of,
    on_draft,
    open_bulk,
    step_page,
)
from bridge.delivery.read_back import Reader
from bridge.salesforce.client import open_salesforce
from bridge.wakeups.topics import DELIVER

if TYPE_CHECKING:
    import psycopg
    from starlette.responses import Response

    from bridge.bulk_create.model import Bulk
    from bridge.connections.model import Connection
    from bridge.console.page import Visit
    from bridge.mapping.model import Mapping

NOT_CHOSEN = "Choose a list first."


def begin_page(visit: Visit) -> Response:
    """Show the first step of a new draft, or ask what becomes of the one that is there."""
    return _begin_page(visit, connection_here(visit))


def start(visit: Visit) -> Response:
    """Begin a draft with its list."""
    connection = connection_here(visit)
    list_id = visit.form.one("list")
    with visit.console.database.transaction() as tx:
        known = list_id in list_names(tx, connection.id)
        if draft_of(tx, connection.id, visit.who.id) is not None:
            return visit.go(f"{HOME}?connection={connection.name}")
        by = visit.who.signature
        bulk_id = begin(tx, connection.id, visit.who.id, by=by, list_id=list_id) if known else None
    if bulk_id is None:
        return _begin_page(visit, connection, faults=[NOT_CHOSEN])
    visit.note("bulk_begun", bulk=bulk_id, list=list_id)
    return visit.go(f"{HOME}/{bulk_id}/contacts")


def drop(visit: Visit) -> Response:
    """Discard a draft."""
    bulk, connection = open_bulk(visit)
    with visit.console.database.transaction() as tx:
        discard(tx, bulk)
    return visit.go(f"{HOME}?connection={connection.name}")


def show(visit: Visit, bulk: Bulk, connection: Connection) -> Response:
    """Show the first step of a draft."""
    return _list_page(visit, bulk, connection)


def choose(visit: Visit, bulk: Bulk, connection: Connection) -> Response:
    """Put the draft on another list: who was found is judged by it anew."""
    list_id = visit.form.one("list")
    with visit.console.database.transaction() as tx:
        known = list_id in list_names(tx, connection.id)
        if known:
            choose_list(tx, bulk, list_id)
            if bulk.read_at is not None and list_id != bulk.list_id:
                moved = replace(bulk, list_id=list_id)
                find(tx, moved, bulk.chips, mapping_of(tx, connection))
    if not known:
        return _list_page(visit, bulk, connection, faults=[NOT_CHOSEN])
    return visit.go(f"{HOME}/{bulk.id}/contacts")


def check_name(visit: Visit) -> Response:
    """Say whether a new list may have a name, while it is typed."""
    connection = connection_here(visit)
    name = visit.query("name")
    with visit.console.database.transaction() as tx:
        words = clash(tx, connection.id, name) if name else None
    return visit.page("bulk_name.html", name=name, words=words)


def make_list(visit: Visit) -> Response:
    """Make a list in Practifi; it goes to Constant Contact as every list does."""
    connection = connection_here(visit)
    name = " ".join(visit.form.one("name").split())
    with visit.console.database.transaction() as tx:
        mapping = mapping_of(tx, connection)
        words = clash(tx, connection.id, name) if name else "Give the new list a name."
        draft = draft_of(tx, connection.id, visit.who.id)
    list_id = ""
    if words is None:
        list_id, words = _create(visit, connection, mapping, name)
    if words is not None:
        if draft is not None:
            return _list_page(visit, draft, connection, faults=[words], typed=name)
        return _begin_page(visit, connection, faults=[words], typed=name)
    visit.console.wake(frozenset({DELIVER}))
    visit.note("list_created", list=list_id)
    where = HOME if draft is None else f"{HOME}/{draft.id}/list"
    return visit.go(f"{where}?connection={connection.name}&list={list_id}")


def _create(
    visit: Visit, connection: Connection, mapping: Mapping, name: str
) -> tuple[str, str | None]:
    console = visit.console
    salesforce = open_salesforce(connection, console.database, console.keyring, console.settings)
    reader = Reader(
        database=console.database,
        salesforce=salesforce,
        connection=connection,
        mapping=mapping,
        origin="console",
    )
    try:
        return create_list(reader, name)
    finally:
        salesforce.close()


def _begin_page(
    visit: Visit, connection: Connection, *, faults: list[str] | None = None, typed: str = ""
) -> Response:
    with visit.console.database.transaction() as tx:
        draft = draft_of(tx, connection.id, visit.who.id)
        values = _lists(tx, visit, connection)
        saved = saved_of(tx, connection.id, visit.who.id)
    return visit.page(
        "bulk_list.html",
        bulk=None,
        draft=draft,
        steps=[(None, heading, name == "list") for name, heading in STEPS],
        heading=dict(STEPS)["list"],
        selected=0,
        faults=faults or [],
        typed=typed,
        saved=saved,
        action=HOME,
        **values,
    )


def _list_page(
    visit: Visit,
    bulk: Bulk,
    connection: Connection,
    *,
    faults: list[str] | None = None,
    typed: str = "",
) -> Response:
    with visit.console.database.transaction() as tx:
        values = _lists(tx, visit, connection, bulk.list_id)
        page = step_page(tx, visit, bulk, "list", faults=faults or [])
    return visit.page(
        "bulk_list.html",
        draft=None,
        typed=typed,
        saved=(),
        action=f"{HOME}/{bulk.id}/list",
        **page,
        **values,
    )


def _lists(
    tx: psycopg.Connection[Any], visit: Visit, connection: Connection, chosen: str | None = None
) -> dict[str, Any]:
    part = visit.query("part")
    return {
        "connection": connection,
        "part": part,
        "lists": read_lists(tx, connection.id, part),
        "chosen": visit.query("list") or chosen,
        "may_create": visit.may(Right.OPERATE),
    }


PAGES = (
    Page(method="GET", path=HOME, right=Right.MEET, handler=begin_page),
    Page(method="POST", path=HOME, right=Right.MEET, handler=start),
    Page(method="GET", path=f"{HOME}/name", right=Right.MEET, handler=check_name),
    Page(method="POST", path=f"{HOME}/new-list", right=Right.OPERATE, handler=make_list),
    Page(method="POST", path=HOME + "/{bulk_id:int}/discard", right=Right.MEET, handler=drop),
    Page(method="GET", path=HOME + "/{bulk_id:int}/list", right=Right.MEET, handler=on_draft(show)),
    Page(
        method="POST",
        path=HOME + "/{bulk_id:int}/list",
        right=Right.MEET,
        handler=on_draft(choose),
    ),
)
