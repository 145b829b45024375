"""What the mapping in force does, in sentences: for whoever reads no YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.console.pages.mapping_open import opened
from bridge.errors import MappingError
from bridge.mapping.documentation import Look, documented
from bridge.mapping.documentation_forms import cells_of, columns_of
from bridge.mapping.profiles import PROFILES
from bridge.mapping.since import rules_since

if TYPE_CHECKING:
    from starlette.responses import Response

    from bridge.console.page import Visit


def show(visit: Visit) -> Response:
    """Show it with examples from the files' own tests: nobody's data is on this page."""
    with visit.console.database.transaction() as tx:
        found = opened(tx, visit)
        since = rules_since(tx, found.connection.id)
    profile = found.connection.profile or PROFILES[0]
    look = Look(
        profile=profile,
        overrides=found.connection.particulars,
        about=f"By the names of profile {profile}.",
        since=since,
    )
    try:
        told, faults = documented(found.in_force, look), []
    except MappingError as error:
        told, faults = None, error.faults
    return visit.page(
        "mapping_docs.html",
        found=found,
        told=told,
        faults=faults,
        columns_of=columns_of,
        cells_of=cells_of,
    )


PAGES = (Page(method="GET", path="/mappings/docs", right=Right.LOOK, handler=show),)
