"""Explain: why a record, an address or a mailing is as it is, check by check, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.console.access.roles import Right
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.console.pages.connection import seen_connections
from bridge.console.pages.explain_view import view_of
from bridge.errors import ConfigurationError
from bridge.explain.ask import ask

if TYPE_CHECKING:
    from starlette.responses import Response

    from bridge.console.page import Visit
    from bridge.console.pages.explain_view import ExplainView


def show(visit: Visit) -> Response:
    """Show the field to ask by and, where something was asked, the answer."""
    with visit.console.database.transaction() as tx:
        names = [one.name for one in seen_connections(tx, visit)]
    connection = _connection(visit, names)
    asked, campaign = visit.query("q"), visit.query("campaign")
    view: ExplainView | None = None
    fault = ""
    if asked:
        try:
            view = _answer(visit, asked, campaign, connection)
        except ConfigurationError as error:
            fault = str(error)
    return visit.page(
        "explain.html",
        asked=asked,
        campaign=campaign,
        connection=connection,
        connections=names,
        view=view,
        fault=fault,
    )


def _answer(visit: Visit, asked: str, campaign: str, connection: str | None) -> ExplainView:
    with visit.console.database.session() as session:
        explanation = ask(
            session,
            asked,
            owner_policy=visit.console.settings.owner,
            connection=connection,
            campaign=campaign or None,
        )
    return view_of(explanation)


def _connection(visit: Visit, names: list[str]) -> str | None:
    """Return the connection that is asked; None: any, for whoever sees them all."""
    named = visit.query("connection")
    if named and named not in names:
        raise NotThere
    if named:
        return named
    if visit.who.connection_id is None:
        return None
    return names[0]


PAGES = (Page(method="GET", path="/explain", right=Right.READ_PEOPLE, handler=show),)
