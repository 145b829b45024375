"""Bulk Create, Step Three: the Selected List as it would be saved, its lists, and the save."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse

from bridge.bulk_create.drafts import SQL, find_bulk, list_names, place_of
from bridge.bulk_create.preview import lists_of, preview, preview_page
from bridge.bulk_create.save import save
from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.console.pages.bulk.cost import cost_of
from bridge.console.pages.bulk.draft import HOME, lost_words, mapping_of, on_draft, step_page
from bridge.console.spreadsheet import csv_lines
from bridge.constant_contact.spending import read_spending
from bridge.wakeups.topics import BULK_CREATE

if TYPE_CHECKING:
    import psycopg
    from starlette.responses import Response

    from bridge.bulk_create.model import Bulk
    from bridge.connections.model import Connection
    from bridge.console.page import Visit

PAGE = 50
_TABS = ("added", "skipped", "shared")
_MANY = 1_000
"""Rows above which the button that saves says how many there are."""


def show(visit: Visit, bulk: Bulk, connection: Connection) -> Response:
    """Show the Selected List by tabs, with what saving it costs."""
    return _show(visit, bulk, connection)


def change(visit: Visit, bulk: Bulk, connection: Connection) -> Response:
    """Give rows another list, or take them off the Selected List.

    Whatever is pressed, the lists that were chosen row by row are kept.
    """
    ticked = visit.form.get("contact", [])
    removed = visit.form.one("remove")
    with visit.console.database.transaction() as tx:
        names = list_names(tx, connection.id)
        _move(tx, bulk, _chosen_lists(visit), names)
        if removed:
            chosen = ticked if removed == "ticked" else [removed]
            tx.execute(SQL["unselect"], place_of(bulk) | {"contact_ids": chosen})
        elif visit.form.one("do") == "move":
            _move(tx, bulk, dict.fromkeys(ticked, visit.form.one("to")), names)
        tx.execute(SQL["touch"], place_of(bulk))
    tab = visit.form.one("tab")
    return visit.go(f"{HOME}/{bulk.id}/selected?tab={tab if tab in _TABS else 'added'}")


def save_it(visit: Visit, bulk: Bulk, connection: Connection) -> Response:
    """Save the Selected List; the memberships are made in the background."""
    with visit.console.database.transaction() as tx:
        # A second click finds the save of the first.
        locked = find_bulk(tx, bulk.id, lock=True)
        is_first = locked is not None and locked.state == "draft"
        mapping = mapping_of(tx, connection)
        added = 0
        faults: list[str] = []
        if is_first:
            _move(tx, bulk, _chosen_lists(visit), list_names(tx, connection.id))
            added = preview(tx, bulk, mapping, anew=True).added
            faults = lost_words(tx, visit, bulk, lists_of(tx, bulk))
            if added and not faults:
                save(tx, bulk, by=visit.who.signature)
    if is_first and (faults or not added):
        return _show(visit, bulk, connection, faults=faults or ["Nobody can be added: go back."])
    if is_first:
        visit.console.wake(frozenset({BULK_CREATE}))
        visit.note("bulk_saved", bulk=bulk.id, people=added)
    return visit.go(f"{HOME}/{bulk.id}")


def export_skipped(visit: Visit, bulk: Bulk, connection: Connection) -> Response:
    """Send those who are passed over as CSV."""
    with visit.console.database.transaction() as tx:
        skipped = preview_page(tx, bulk, mapping_of(tx, connection), "skipped")
        names = list_names(tx, connection.id)
    rows = (
        (one.name, one.typed_address, names.get(one.list_id, one.list_id), reason, one.contact_id)
        for one, reason in skipped
    )
    heads = ("Contact", "E-mail", "List", "Reason", "Salesforce Id")
    return StreamingResponse(
        csv_lines(heads, rows),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="skipped-{bulk.id}.csv"'},
    )


def _show(
    visit: Visit, bulk: Bulk, connection: Connection, *, faults: list[str] | None = None
) -> Response:
    tab = visit.query("tab") if visit.query("tab") in _TABS else "added"
    place = max(visit.place("from") or 1, 1)
    with visit.console.database.transaction() as tx:
        mapping = mapping_of(tx, connection)
        found = preview(tx, bulk, mapping)
        rows = preview_page(tx, bulk, mapping, tab, skip=place - 1, count=PAGE + 1)
        names = list_names(tx, connection.id)
        spending = read_spending(tx, connection.name)
        lost = lost_words(tx, visit, bulk, set(lists_of(tx, bulk)) - {bulk.list_id})
        page = step_page(tx, visit, bulk, "selected", faults=[*(faults or []), *lost])
    return visit.page(
        "bulk_selected.html",
        tab=tab,
        found=found,
        names=names,
        cost=cost_of(found, spending[0], visit.times) if spending and found.added else None,
        rows=rows[:PAGE],
        following=place + PAGE if len(rows) > PAGE else None,
        previous=max(1, place - PAGE) if place > 1 else None,
        says_how_many=found.added > _MANY,
        **page,
    )


def _chosen_lists(visit: Visit) -> dict[str, str]:
    """Return the list that was chosen for each row of the page: contact -> list."""
    return {
        name.removeprefix("list:"): values[0]
        for name, values in visit.form.items()
        if name.startswith("list:") and values
    }


def _move(tx: psycopg.Connection[Any], bulk: Bulk, wanted: dict[str, str], names: Any) -> None:
    known = {contact: list_id for contact, list_id in wanted.items() if list_id in names}
    values = place_of(bulk) | {"contact_ids": list(known), "list_ids": list(known.values())}
    tx.execute(SQL["move_rows"], values)


_AT = HOME + "/{bulk_id:int}"

PAGES = (
    Page(method="GET", path=f"{_AT}/selected", right=Right.MEET, handler=on_draft(show)),
    Page(method="POST", path=f"{_AT}/selected", right=Right.MEET, handler=on_draft(change)),
    Page(
        method="GET",
        path=f"{_AT}/skipped.csv",
        right=Right.MEET,
        handler=on_draft(export_skipped),
    ),
    Page(method="POST", path=f"{_AT}/save", right=Right.MEET, handler=on_draft(save_it)),
)
