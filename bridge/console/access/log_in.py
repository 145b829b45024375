"""Log in by a link that the command line printed, and log out."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bridge.connections.store import list_connections
from bridge.console.access.cookies import SESSION, drop_cookie, set_cookie
from bridge.console.access.people import (
    SESSION_S,
    begin_session,
    end_session,
    link_holds,
    use_link,
)
from bridge.console.access.roles import Right
from bridge.console.access.tokens import local_path
from bridge.console.page import Page

if TYPE_CHECKING:
    from starlette.responses import Response

    from bridge.console.access.people import Person
    from bridge.console.page import Visit

log = logging.getLogger(__name__)


def show_log_in(visit: Visit) -> Response:
    """Show the ways to log in."""
    with visit.console.database.transaction() as tx:
        connections = [one for one in list_connections(tx) if one.organization_id and one.sf_url]
    wanted = local_path(visit.query("next"))
    return visit.page("log_in.html", connections=connections, wanted=wanted)


def show_link(visit: Visit) -> Response:
    """Ask for one more click: who only looks at a link, as programs do, does not use it up."""
    token = str(visit.request.path_params["token"])
    with visit.console.database.transaction() as tx:
        holds = link_holds(tx, token)
    return visit.page("link.html", status=200 if holds else 404, holds=holds)


def use_link_page(visit: Visit) -> Response:
    """Log in, and use the link up."""
    with visit.console.database.transaction() as tx:
        person = use_link(tx, str(visit.request.path_params["token"]))
        token = begin_session(tx, person) if person else ""
    if person is None:
        return visit.page("link.html", status=404, holds=False)
    return welcome(visit, person, token, to="/")


def welcome(visit: Visit, person: Person, token: str, *, to: str) -> Response:
    """Return the answer that gives somebody the session that has begun."""
    response = visit.go(to)
    set_cookie(visit.request, response, SESSION, token, lives_s=SESSION_S)
    way = "salesforce" if person.sf_user_id else "link"
    log.info("console_log_in", extra={"person": person.id, "user": person.sf_user_id, "by": way})
    return response


def log_out(visit: Visit) -> Response:
    """End the session."""
    with visit.console.database.transaction() as tx:
        end_session(tx, visit.token)
    log.info("console_log_out", extra={"person": visit.who.id})
    response = visit.go("/login?did=logged-out")
    drop_cookie(visit.request, response, SESSION)
    return response


PAGES = (
    Page(method="GET", path="/login", right=Right.ENTER, handler=show_log_in),
    Page(method="GET", path="/login/{token}", right=Right.ENTER, handler=show_link),
    Page(method="POST", path="/login/{token}", right=Right.ENTER, handler=use_link_page),
    Page(method="POST", path="/logout", right=Right.STAY, handler=log_out),
)
