"""The first day: what `bridge first-day` found, in sentences, and the answers that it asks for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.console.access.roles import Right
from bridge.console.page import Page
from bridge.console.pages.connection import chosen_connection
from bridge.first_day.gather import newest
from bridge.first_day.sentences import ANSWERS, FOREIGN, foreign_lists, summary
from bridge.policies.store import policies_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from bridge.console.page import Visit


def show(visit: Visit) -> Response:
    """Show what the last first day of a connection found, with the policies of now."""
    with visit.console.database.transaction() as tx:
        connection, others = chosen_connection(tx, visit)
        found = newest(tx, connection.id)
        policy = policies_of(tx, connection.id).foreign_memberships
    if found is not None:
        found = replace(found, foreign_policy=policy)
    return visit.page(
        "first_day.html",
        connection=connection,
        others=others,
        found=found,
        parts=[] if found is None else summary(found),
        lists=[] if found is None else foreign_lists(found),
        foreign=FOREIGN,
        answers=ANSWERS,
        policy=policy,
    )


PAGES = (Page(method="GET", path="/first-day", right=Right.LOOK, handler=show),)
