"""The console as an application: every page with its right, behind the guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from bridge.console.access import canvas, log_in, log_in_salesforce
from bridge.console.access.guard import Guard
from bridge.console.access.roles import Right
from bridge.console.assets import serve_asset
from bridge.console.faults import NotThere
from bridge.console.headers import SafeHeaders
from bridge.console.page import Console, Page
from bridge.console.pages import (
    access,
    allowance,
    audit,
    audit_export,
    authorize,
    clients,
    coming_back,
    connections,
    evidence,
    explain,
    first_day,
    flapping,
    home,
    inbox,
    interactions,
    list_adopt,
    lists,
    mapping_docs,
    mapping_history,
    mapping_pending,
    mapping_review,
    mappings,
    memberships,
    memberships_save,
    new_connection,
    notification,
    plan_against,
    plan_decide,
    plan_export,
    plan_undo,
    policies,
    problems,
    resync,
    run,
    runs,
    unresolved,
    unresolved_decide,
)
from bridge.console.pages.bulk import result, step_one, step_three, step_two

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.responses import Response
    from starlette.types import ASGIApp

    from bridge.connections.keyring import KeyRing
    from bridge.console.page import Visit
    from bridge.db.database import Database
    from bridge.settings import Settings


def pages() -> tuple[Page, ...]:
    """Return every page of the console; of two that fit an address, the first one answers."""
    return (
        Page(
            method="GET",
            path="/assets/{digest}/{name}",
            right=Right.ENTER,
            handler=serve_asset,
        ),
        *canvas.PAGES,
        *log_in_salesforce.PAGES,
        *log_in.PAGES,
        *home.PAGES,
        *first_day.PAGES,
        *step_one.PAGES,
        *step_two.PAGES,
        *step_three.PAGES,
        *result.PAGES,
        *lists.PAGES,
        *list_adopt.PAGES,
        *runs.PAGES,
        *run.PAGES,
        *plan_against.PAGES,
        *plan_decide.PAGES,
        *plan_undo.PAGES,
        *plan_export.PAGES,
        *problems.PAGES,
        *flapping.PAGES,
        *inbox.PAGES,
        *notification.PAGES,
        *explain.PAGES,
        *interactions.PAGES,
        *audit.PAGES,
        *audit_export.PAGES,
        *evidence.PAGES,
        *unresolved_decide.PAGES,
        *unresolved.PAGES,
        *mapping_docs.PAGES,
        *mapping_history.PAGES,
        *mapping_pending.PAGES,
        *mapping_review.PAGES,
        *mappings.PAGES,
        *clients.PAGES,
        *memberships.PAGES,
        *memberships_save.PAGES,
        *coming_back.PAGES,
        *resync.PAGES,
        *connections.PAGES,
        *authorize.PAGES,
        *new_connection.PAGES,
        *allowance.PAGES,
        *policies.PAGES,
        *access.PAGES,
        Page(method="GET", path="/{rest:path}", right=Right.ENTER, handler=_nothing),
    )


def create_console(
    settings: Settings,
    database: Database,
    keyring: KeyRing,
    wake: Callable[[frozenset[str]], None],
) -> ASGIApp:
    """Return the console as an ASGI application; the arguments are those of `create_app`."""
    console = Console(settings=settings, database=database, keyring=keyring, wake=wake)
    return Starlette(
        routes=_routes(console, pages()),
        middleware=[Middleware(SafeHeaders)],
    )


def _routes(console: Console, declared: Sequence[Page]) -> list[Route]:
    by_path: dict[str, dict[str, Page]] = {}
    for page in declared:
        methods = by_path.setdefault(page.path, {})
        if page.method in methods:
            message = f"{page.method} {page.path} is declared twice"
            raise ValueError(message)
        methods[page.method] = page
    return [
        Route(path, Guard(console, methods).answer, methods=sorted(methods))
        for path, methods in by_path.items()
    ]


def _nothing(_visit: Visit) -> Response:
    raise NotThere
