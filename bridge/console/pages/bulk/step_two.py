"""Bulk Create, Step Two: where people are looked for, filters, who matches, and who is chosen."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from bridge.bulk_create.model import Chip, Source
from bridge.bulk_create.pasted import read_pasted
from bridge.bulk_create.preview import judge
from bridge.bulk_create.report_choices import ReportChoices, read_reports
from bridge.bulk_create.search import (
    PAGE,
    begin_at,
    counts,
    filters_of,
    find,
    page_of,
    select,
    without_each,
)
from bridge.bulk_create.sources import (
    Choices,
    find_on_no_list,
    find_pasted,
    read_campaign,
    read_choices,
    read_report,
    read_view,
)
from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.console.pages.bulk.draft import HOME, mapping_of, on_draft, step_page
from bridge.errors import RecordError, RemoteError, Unavailable
from bridge.salesforce.client import open_salesforce

if TYPE_CHECKING:
    from starlette.responses import Response

    from bridge.bulk_create.model import Bulk
    from bridge.connections.model import Connection
    from bridge.console.page import Visit
    from bridge.salesforce.client import Salesforce


def show(visit: Visit, bulk: Bulk, connection: Connection) -> Response:
    """Show who matches."""
    with visit.console.database.transaction() as tx:
        mapping = mapping_of(tx, connection)
        found = counts(tx, bulk)
        place = min(max(visit.place("from") or 1, 1), max(found.match, 1))
        rows = page_of(tx, bulk, place, mapping)
        best = None
        if bulk.read_at is not None and not found.match:
            best = without_each(tx, bulk, bulk.chips)
        page = step_page(tx, visit, bulk, "contacts")
    used = {chip.path for chip in bulk.chips}
    return visit.page(
        "bulk_contacts.html",
        found=found,
        rows=rows[:PAGE],
        free_here=sum(not (row.is_member or row.is_selected) for row in rows[:PAGE]),
        place=place,
        last=min(place + PAGE - 1, found.match),
        following=place + PAGE if len(rows) > PAGE else None,
        previous=max(1, place - PAGE) if place > 1 else None,
        filters=[one for one in filters_of(mapping) if one.path not in used],
        best=best,
        **page,
    )


def change_filters(visit: Visit, bulk: Bulk, connection: Connection) -> Response:
    """Add a filter or remove one, and find those who match now."""
    with visit.console.database.transaction() as tx:
        mapping = mapping_of(tx, connection)
        chips = [chip for chip in bulk.chips if chip.path != visit.form.one("remove")]
        text = " ".join(visit.form.one("text").split())
        named = {one.path: one for one in filters_of(mapping)}
        path = visit.form.one("path")
        if text and path in named and not visit.form.one("remove"):
            chips = [chip for chip in chips if chip.path != path]
            chips.append(Chip(path=path, label=named[path].label, text=text))
        if chips or bulk.found_in.kind != "everybody":
            find(tx, bulk, chips, mapping)
        else:
            begin_at(tx, bulk, Source(), None)
    return visit.go(f"{HOME}/{bulk.id}/contacts")


def choose(visit: Visit, bulk: Bulk, connection: Connection) -> Response:
    """Put those who are ticked, all on the page, or all who match on the Selected List."""
    with visit.console.database.transaction() as tx:
        mapping = mapping_of(tx, connection)
        place = visit.form.one("from")
        if visit.form.one("all"):
            select(tx, bulk, None)
        elif visit.form.one("page") and place.isdecimal():
            rows = page_of(tx, bulk, int(place[:9]), mapping)[:PAGE]
            select(tx, bulk, [row.contact_id for row in rows])
        else:
            select(tx, bulk, visit.form.get("contact", []))
        judge(tx, bulk, mapping)
    return visit.go(f"{HOME}/{bulk.id}/contacts?from={place if place.isdecimal() else 1}")


def show_sources(visit: Visit, bulk: Bulk, connection: Connection) -> Response:
    """Show where people can be looked for; what Salesforce has is asked for now."""
    return _sources(visit, bulk, connection)


def show_reports(visit: Visit, bulk: Bulk, connection: Connection) -> Response:
    """Show the reports that have a part in their name, while it is typed."""
    part = visit.query("part")
    salesforce = _salesforce(visit, connection)
    try:
        reports = _reports(visit, salesforce, connection, part)
    finally:
        salesforce.close()
    return visit.page("bulk_reports.html", bulk=bulk, reports=reports, part=part, chosen_report="")


def begin_from(visit: Visit, bulk: Bulk, connection: Connection) -> Response:
    """Look for people in another source; the Selected List stays as it is."""
    kind = visit.form.one("kind")
    if kind == "report" and not visit.form.one("report"):
        return _sources(visit, bulk, connection, faults=["Choose a report first."])
    try:
        source, ids = _read(visit, connection, kind)
    except (RecordError, RemoteError) as error:
        return _sources(visit, bulk, connection, faults=[str(error)])
    if kind == "report" and not ids:
        fault = f"{source.name} names no contact now."
        return _sources(visit, bulk, connection, faults=[fault])
    if kind == "pasted" and not ids:
        fault = "Nobody in Practifi has one of these addresses or Ids."
        return _sources(visit, bulk, connection, faults=[fault])
    with visit.console.database.transaction() as tx:
        begin_at(tx, bulk, source, ids)
        if ids is not None:
            find(tx, bulk, [], mapping_of(tx, connection))
    visit.note("bulk_source", bulk=bulk.id, kind=source.kind, people=len(ids or ()))
    return visit.go(f"{HOME}/{bulk.id}/contacts")


def _read(visit: Visit, connection: Connection, kind: str) -> tuple[Source, list[str] | None]:
    with visit.console.database.transaction() as tx:
        names = mapping_of(tx, connection).names
        if kind == "pasted":
            return find_pasted(tx, connection.id, read_pasted(visit.form.one("text")))
        if kind == "nolist":
            return find_on_no_list(tx, connection.id)
    if kind not in {"view", "campaign", "report"}:
        return Source(), None
    salesforce = _salesforce(visit, connection)
    try:
        if kind == "report":
            return read_report(salesforce, visit.form.one("report"))
        read = read_view if kind == "view" else read_campaign
        return read(salesforce, names, visit.form.one(kind))
    finally:
        salesforce.close()


def _sources(
    visit: Visit, bulk: Bulk, connection: Connection, *, faults: list[str] | None = None
) -> Response:
    faults = faults or []
    part = visit.query("part") or visit.form.one("part")
    choices, reports = Choices(is_unknown=True), ReportChoices(is_unknown=True)
    unread: RemoteError | None = None
    with visit.console.database.transaction() as tx:
        names = mapping_of(tx, connection).names
    with closing(_salesforce(visit, connection)) as salesforce:
        try:
            choices = read_choices(salesforce, names)
        except RemoteError as error:
            unread = error
            faults = faults or [f"List views and campaigns cannot be read now: {error}"]
        if not isinstance(unread, Unavailable):  # who does not answer is not waited for again
            reports = _reports(visit, salesforce, connection, part)
    with visit.console.database.transaction() as tx:
        page: dict[str, Any] = step_page(tx, visit, bulk, "contacts", faults=faults)
    return visit.page(
        "bulk_source.html",
        choices=choices,
        reports=reports,
        part=part,
        chosen_report=visit.form.one("report"),
        typed=visit.form.one("text"),
        **page,
    )


def _reports(
    visit: Visit, salesforce: Salesforce, connection: Connection, part: str
) -> ReportChoices:
    """Return the reports to choose from; whoever may read no reports has the other sources."""
    try:
        return read_reports(salesforce, connection.id, visit.console.known_reports, part)
    except (RecordError, RemoteError):
        return ReportChoices(is_unknown=True)


def _salesforce(visit: Visit, connection: Connection) -> Salesforce:
    console = visit.console
    return open_salesforce(connection, console.database, console.keyring, console.settings)


_AT = HOME + "/{bulk_id:int}"

PAGES = (
    Page(method="GET", path=f"{_AT}/contacts", right=Right.MEET, handler=on_draft(show)),
    Page(method="POST", path=f"{_AT}/contacts", right=Right.MEET, handler=on_draft(change_filters)),
    Page(method="POST", path=f"{_AT}/select", right=Right.MEET, handler=on_draft(choose)),
    Page(method="GET", path=f"{_AT}/source", right=Right.MEET, handler=on_draft(show_sources)),
    Page(method="GET", path=f"{_AT}/reports", right=Right.MEET, handler=on_draft(show_reports)),
    Page(method="POST", path=f"{_AT}/source", right=Right.MEET, handler=on_draft(begin_from)),
)
