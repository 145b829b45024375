"""Unresolved: what no rule settles, and one matter with the records that are meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from bridge.console.access.records import UNSEEN
from bridge.console.access.roles import Right
from bridge.console.faults import NotThere
from bridge.console.page import Page
from bridge.console.pages.connection import chosen_connection, seen_connections
from bridge.console.pages.unresolved_view import (
    COUNT,
    KINDS,
    SQL,
    counts_of,
    read_matters,
    seen_matters,
)
from bridge.errors import MappingError
from bridge.mapping.versions import active
from bridge.policies.policy import MEANINGS
from bridge.unresolved.rule import rules_of, settled_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg
    from starlette.responses import Response

    from bridge.connections.model import Connection
    from bridge.console.page import Visit
    from bridge.console.pages.unresolved_view import Matter
    from bridge.unresolved.rule import Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleOffer:
    """A rule, and how many of the shared addresses it would settle."""

    rule: Rule
    meaning: str
    settles: int


def show(visit: Visit) -> Response:
    """Show a page of what is unresolved."""
    kind, after = visit.query("kind"), visit.place("after") or 0
    with visit.console.database.transaction() as tx:
        connection, others = chosen_connection(tx, visit)
        counts = counts_of(tx, connection.id)
        rows = read_matters(
            tx,
            connection.id,
            SQL["open_rows"],
            kind=kind if kind in KINDS else None,
            after=after,
            count=COUNT + 1,
        )
        chosen = read_matters(tx, connection.id, SQL["chosen_rows"])
        offers = _offers(tx, connection) if counts["shared_address"] else []
    matters = seen_matters(visit, connection, [*rows[:COUNT], *chosen])
    waiting = [one for one in matters[: len(rows[:COUNT])] if one.can_be_read]
    following = None
    if len(rows) > COUNT:
        values = {"connection": connection.name, "kind": kind, "after": rows[COUNT - 1]["id"]}
        following = urlencode({name: value for name, value in values.items() if value})
    return visit.page(
        "unresolved.html",
        connection=connection,
        others=others,
        kinds=KINDS,
        kind=kind if kind in KINDS else "",
        counts=counts,
        waiting=waiting,
        unseen=len(rows[:COUNT]) - len(waiting),
        chosen=[one for one in matters[len(rows[:COUNT]) :] if one.can_be_read],
        offers=offers,
        following=following,
        after=after,
    )


def show_one(visit: Visit) -> Response:
    """Show one matter."""
    connection, matter = find(visit)
    return visit.page(
        "unresolved_one.html", connection=connection, matter=matter, kinds=KINDS, hidden=UNSEEN
    )


def find(visit: Visit) -> tuple[Connection, Matter]:
    """Return the matter of the address, and whose it is.

    Raises:
        NotThere: If there is none, or none of its records is this person's to see.
        NotNow: If Salesforce does not say what they may see.
    """
    number = visit.number("matter_id")
    connection, rows = None, []
    with visit.console.database.transaction() as tx:
        for one in seen_connections(tx, visit):
            rows = read_matters(tx, one.id, SQL["one_row"], id=number)
            if rows:
                connection = one
                break
    if connection is None:
        raise NotThere
    (matter,) = seen_matters(visit, connection, rows)
    if not matter.can_be_read:
        raise NotThere
    return connection, matter


def _offers(tx: psycopg.Connection[Any], connection: Connection) -> Sequence[RuleOffer]:
    try:
        current = active(tx, connection.id)
    except MappingError:
        return ()
    if current is None:
        return ()
    names = current.mapping.names
    return [
        RuleOffer(
            rule=rule,
            meaning=MEANINGS["owner"][rule],
            settles=len(settled_by(tx, connection.id, rule, names)),
        )
        for rule in rules_of(names)
    ]


PAGES = (
    Page(method="GET", path="/unresolved", right=Right.READ_PEOPLE, handler=show),
    Page(
        method="GET",
        path="/unresolved/{matter_id:int}",
        right=Right.READ_PEOPLE,
        handler=show_one,
    ),
)
