"""Settings, Connections and Schedule: what is connected, and when the jobs are due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.rows import dict_row

from bridge.clock import now
from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.console.pages.authorize import BACK
from bridge.console.pages.connection import SECTIONS, chosen_connection
from bridge.console.pages.jobs import TITLES
from bridge.console.pages.resync import next_words
from bridge.constant_contact.authorize import SCOPES
from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from bridge.console.page import Visit

_SQL = load_queries("bridge.console.pages")


def show_connection(visit: Visit) -> Response:
    """Show what a connection joins, and how it is."""
    with visit.console.database.transaction() as tx:
        connection, others = chosen_connection(tx, visit)
        with tx.cursor(row_factory=dict_row) as cursor:
            values = {"connection_id": connection.id}
            facts = cursor.execute(_SQL["connection_facts"], values).fetchone()
    return visit.page(
        "connections.html",
        sections=SECTIONS,
        connection=connection,
        others=others,
        facts=facts,
        missing=_missing(None if facts is None else facts["scopes"]),
        back=visit.own_address(BACK),
    )


def _missing(scopes: Sequence[str] | None) -> list[str]:
    """Return what a token may not do that the bridge has to; nothing where nobody has said."""
    if scopes is None:
        return []
    # That it may be renewed is seen by its refresh token, whatever is said.
    return [one for one in SCOPES if one not in scopes and one != "offline_access"]


def show_schedule(visit: Visit) -> Response:
    """Show when the jobs of a connection are due."""
    with visit.console.database.transaction() as tx:
        connection, others = chosen_connection(tx, visit)
        at = now(tx)
        rows = [
            (TITLES[job], cron, next_words(cron, zone, enabled, after=at) or "switched off")
            for job, cron, zone, enabled in tx.execute(
                _SQL["schedules"], {"connection_id": connection.id}
            )
        ]
    return visit.page(
        "schedule.html", sections=SECTIONS, connection=connection, others=others, rows=rows
    )


PAGES = (
    Page(method="GET", path="/settings/connections", right=Right.LOOK, handler=show_connection),
    Page(method="GET", path="/settings/schedule", right=Right.LOOK, handler=show_schedule),
)
