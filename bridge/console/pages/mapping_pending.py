"""Mapping files that came by themselves and wait: what they change, and a person's word."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.responses import HTMLResponse

from bridge.console.access.roles import Right
from bridge.console.faults import Refused
from bridge.console.page import Page
from bridge.console.pages.mapping_open import opened
from bridge.console.pages.mapping_review import (
    Changes,
    further,
    is_at_work,
    judged,
    loosening,
    values_of,
)
from bridge.console.rendering import render
from bridge.edits.count import ask_count, count_of, people_about
from bridge.edits.pending import approve, pending_of, reject
from bridge.edits.store import Edit
from bridge.errors import ConfigurationError
from bridge.mapping.versions import lock_activations
from bridge.wakeups.topics import MAPPINGS

if TYPE_CHECKING:
    import psycopg
    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.console.pages.mapping_open import Opened
    from bridge.edits.pending import Pending


def show(visit: Visit) -> Response:
    """Show the files that wait, and what they change."""
    with visit.console.database.transaction() as tx:
        found, waiting = _waiting(tx, visit)
        faults, changes = judged(tx, found) if waiting is not None else ([], Changes())
        if waiting is not None and changes.count is not None and not changes.count.is_whole:
            assert found.version_id is not None  # noqa: S101 -- something was compared with it
            ask_count(tx, found.connection.id, found.version_id, waiting.files)
            changes = replace(changes, count=further(tx, found, changes.count))
    if changes.count is not None and not changes.count.is_whole:
        visit.console.wake(frozenset({MAPPINGS}))
    values = _values(visit, found, changes) | {"faults": faults, "waiting": waiting}
    return visit.page("mapping_pending.html", **values)


def show_count(visit: Visit) -> Response:
    """Say how far the counting has come: the page asks again by itself."""
    with visit.console.database.transaction() as tx:
        found, _ = _waiting(tx, visit)
        count = None
        if found.version_id is not None:
            count = count_of(tx, found.connection.id, found.version_id, found.written)
        changes = Changes(count=count, out_of=people_about(tx, found.connection.id))
    return HTMLResponse(render(visit, "mapping_count.html", _values(visit, found, changes)))


def decide(visit: Visit) -> Response:
    """Put the files to work exactly as they were shown, or turn them down."""
    with visit.console.database.transaction() as tx:
        found, _ = _waiting(tx, visit)
        lock_activations(tx, found.connection.id)
        found, waiting = _waiting(tx, visit)
        if waiting is None or visit.form.one("digest") != waiting.digest:
            raise ConfigurationError("Other files wait by now, or none. Open the page again.")
        if visit.form.one("act") != "approve":
            reject(tx, found.connection.id, by=visit.who.signature)
            visit.note("mapping_rejected", connection=found.connection.id)
            name = quote(found.connection.name)
            return visit.go(f"/mappings/history?connection={name}&did=rejected")
        loosens = loosening(tx, found)
        if loosens and not visit.may(Right.APPROVE):
            raise Refused(
                f"This loosens consent ({'; '.join(loosens)}): it needs an approver. "
                "Nothing was activated; the files wait."
            )
        done = approve(
            tx,
            found.connection,
            waiting,
            by=visit.who.signature,
            asked_in="console",
            applies_to="new" if visit.form.one("applies_to") == "new" else "all",
        )
    return is_at_work(visit, found, done)


def _waiting(tx: psycopg.Connection[Any], visit: Visit) -> tuple[Opened, Pending | None]:
    """Return the mapping with the files that wait in place of what whoever is here has written."""
    found = opened(tx, visit)
    waiting = pending_of(tx, found.connection.id)
    if waiting is None:
        return replace(found, edit=None), None
    edit = Edit(files=waiting.files, base_version_id=found.version_id, saved_at=waiting.arrived_at)
    return replace(found, edit=edit), waiting


def _values(visit: Visit, found: Opened, changes: Changes) -> dict[str, Any]:
    # The page is no editor: what whoever is here has written is not spoken of.
    return values_of(visit, found, [], changes) | {
        "count_path": "/mappings/pending/count",
        "found": replace(found, edit=None),
        "may_decide": visit.may(Right.SET),
    }


PAGES = (
    Page(method="GET", path="/mappings/pending", right=Right.LOOK, handler=show),
    Page(method="GET", path="/mappings/pending/count", right=Right.LOOK, handler=show_count),
    Page(method="POST", path="/mappings/pending", right=Right.SET, handler=decide),
)
