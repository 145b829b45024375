"""The versions of a mapping: which was in force when, what differs, and restoring one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from bridge.console.access.roles import Right
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.console.pages.mapping_open import BY_GIT, opened, refuse_managed
from bridge.console.pages.mapping_review import file_diffs
from bridge.edits.store import changed_files, keep_edit
from bridge.mapping.versions import activations, files_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from bridge.console.page import Visit


def show(visit: Visit) -> Response:
    """Show what came into force, the latest first."""
    with visit.console.database.transaction() as tx:
        found = opened(tx, visit)
        history = activations(tx, found.connection.id)
    return visit.page("mapping_history.html", found=found, history=history)


def show_version(visit: Visit) -> Response:
    """Show a version beside the one in force, or beside another one."""
    number, against = visit.number("version_id"), visit.place("against")
    with visit.console.database.transaction() as tx:
        found = opened(tx, visit)
        files = files_of(tx, found.connection.id, number)
        other = found.version_id if against is None else against
        beside = None if other is None else files_of(tx, found.connection.id, other)
        known = {one.version_id for one in activations(tx, found.connection.id)}
    if files is None or (against is not None and beside is None):
        raise NotThere
    beside = beside or {}
    return visit.page(
        "mapping_version.html",
        found=found,
        number=number,
        other=other,
        known=sorted(known - {number}, reverse=True),
        diffs=file_diffs(beside, files, changed_files(beside, files)),
        can=visit.may(Right.SET) and not found.is_managed,
        by_git=BY_GIT,
    )


def restore(visit: Visit) -> Response:
    """Take a version's text as what is written: the review shows what that changes."""
    refuse_managed(visit)
    number = visit.number("version_id")
    with visit.console.database.transaction() as tx:
        found = opened(tx, visit)
        files = files_of(tx, found.connection.id, number)
        if files is None:
            raise NotThere
        name = quote(found.connection.name)
        if files == found.in_force:
            return visit.go(f"/mappings/history?connection={name}&did=nothing")
        keep_edit(tx, found.connection.id, visit.who.id, files, base=found.version_id)
    visit.note("mapping_taken_up", connection=found.connection.id, version=number)
    return visit.go(f"/mappings/review?connection={name}&did=kept")


PAGES = (
    Page(method="GET", path="/mappings/history", right=Right.LOOK, handler=show),
    Page(
        method="GET",
        path="/mappings/versions/{version_id:int}",
        right=Right.LOOK,
        handler=show_version,
    ),
    Page(
        method="POST",
        path="/mappings/versions/{version_id:int}/restore",
        right=Right.SET,
        handler=restore,
    ),
)
