"""Mappings: a file as it is typed, beside what it makes of a record; checked while one types."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import HTMLResponse

from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.console.pages.mapping_faults import faults_of
from bridge.console.pages.mapping_live import SEARCHES, Live, look
from bridge.console.pages.mapping_open import BY_GIT, file_of, opened, refuse_managed
from bridge.console.rendering import render
from bridge.edits.store import discard_edit, keep_edit
from bridge.edits.typed import BYTE_ORDER_MARK, ENDS, as_sent, as_shown, as_typed, ends_of
from bridge.errors import ConfigurationError
from bridge.mapping.yaml_tree import MAX_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.console.pages.mapping_open import Opened
    from bridge.edits.typed import Ends

_FIRST = "contact.yaml"


def show_first(visit: Visit) -> Response:
    """Lead to the file that people change most."""
    query = visit.request.url.query
    return visit.go(f"/mappings/{_FIRST}" + (f"?{query}" if query else ""))


def show(visit: Visit) -> Response:
    """Show a file, as whoever is here has it, beside what it makes of a record."""
    with visit.console.database.transaction() as tx:
        found = opened(tx, visit)
    file = file_of(visit, found)
    live = look(visit, found.connection, file, found.written, is_edited=bool(found.changed))
    return visit.page("mappings.html", **_values(visit, found, file, found.written, live))


def check(visit: Visit) -> Response:
    """Say what a text that is not kept would do; the text comes back as it was typed."""
    return visit.page("mappings.html", **_checked(visit))


def check_live(visit: Visit) -> Response:
    """Say the same while somebody types: only what stands beside the text."""
    return HTMLResponse(render(visit, "mapping_live.html", _checked(visit)))


def save(visit: Visit) -> Response:
    """Keep what was typed, faults and all, and lead to what it changes."""
    refuse_managed(visit)
    with visit.console.database.transaction() as tx:
        found = opened(tx, visit)
        file = file_of(visit, found)
        files = _sent(visit, found, file)
        connection = found.connection
        if files == found.in_force:
            discard_edit(tx, connection.id, visit.who.id)
            return visit.go(f"/mappings/{file}?connection={quote(connection.name)}&did=nothing")
        base = found.edit.base_version_id if found.edit else found.version_id
        keep_edit(tx, connection.id, visit.who.id, files, base=base)
    visit.note("mapping_written", connection=connection.id, file=file)
    return visit.go(f"/mappings/review?connection={quote(connection.name)}&did=kept")


def discard(visit: Visit) -> Response:
    """Forget what was written: the files are those in force again."""
    with visit.console.database.transaction() as tx:
        found = opened(tx, visit)
        discard_edit(tx, found.connection.id, visit.who.id)
    visit.note("mapping_discarded", connection=found.connection.id)
    return visit.go(f"/mappings?connection={quote(found.connection.name)}&did=forgotten")


def _checked(visit: Visit) -> dict[str, Any]:
    with visit.console.database.transaction() as tx:
        found = opened(tx, visit)
    file = file_of(visit, found)
    files = _sent(visit, found, file)
    live = look(visit, found.connection, file, files, is_edited=files != found.in_force)
    return _values(visit, found, file, files, live)


def _sent(visit: Visit, found: Opened, file: str) -> dict[str, str]:
    """Return all files with the one that was sent, as it was typed.

    Raises:
        ConfigurationError: If it is longer than any file may be.
    """
    sent = next(iter(visit.form.get("text", ())), "")
    if len(sent) > 2 * MAX_CHARACTERS:  # each line end may be two
        raise ConfigurationError(f"{file}: longer than {MAX_CHARACTERS:,} characters")
    if "hx-request" in visit.request.headers:
        sent = as_sent(sent)  # by a script, which sends what the text area shows
    ends: Ends = next((one for one in ENDS if one == visit.form.one("ends")), "keep")
    text = as_typed(sent, found.written.get(file, ""), ends)
    files = dict(found.written)
    if text or file in files:
        files[file] = text
    return files


def _values(
    visit: Visit, found: Opened, file: str, files: Mapping[str, str], live: Live
) -> dict[str, Any]:
    text = files.get(file, "")
    return {
        "found": found,
        "file": file,
        "text": as_shown(text),
        "size": len(text.encode()),
        "ends": ends_of(text),
        "has_mark": text.startswith(BYTE_ORDER_MARK),
        "search": SEARCHES.get(file),
        "who": live.searched or visit.form.one("who") or visit.query("who"),
        "live": live,
        "faults": faults_of(files, live.faults),
        "can": visit.may(Right.SET) and not found.is_managed,
        "by_git": BY_GIT,
    }


PAGES = (
    Page(method="GET", path="/mappings", right=Right.LOOK, handler=show_first),
    Page(method="POST", path="/mappings/discard", right=Right.SET, handler=discard),
    Page(method="GET", path="/mappings/{file}", right=Right.LOOK, handler=show),
    Page(method="POST", path="/mappings/{file}/check", right=Right.SET, handler=check),
    Page(method="POST", path="/mappings/{file}/live", right=Right.SET, handler=check_live),
    Page(method="POST", path="/mappings/{file}", right=Right.SET, handler=save),
)
