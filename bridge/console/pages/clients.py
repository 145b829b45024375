"""Clients: find one by name or Id, among those that whoever is here may read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bridge.console.access.records import access_to
from bridge.console.access.roles import Right
from bridge.console.faults import NotNow
from bridge.console.page import Page
from bridge.console.pages.connection import chosen_connection
from bridge.errors import RemoteError
from bridge.identity import is_salesforce_id, salesforce_id
from bridge.mapping.versions import active
from bridge.salesforce.client import open_salesforce
from bridge.salesforce.names import checked_name
from bridge.salesforce.values import as_asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from bridge.connections.model import Connection
    from bridge.console.page import Visit
    from bridge.mapping.model import Mapping

_LOOKED_AT = 100
_SHOWN = 25
_SHORTEST = 2
_LONGEST = 80


class Found(NamedTuple):
    """A client that fits."""

    sf_id: str
    name: str


def show(visit: Visit) -> Response:
    """Show the search, and what fits."""
    text = visit.query("q")[:_LONGEST]
    with visit.console.database.transaction() as tx:
        connection, others = chosen_connection(tx, visit)
        current = active(tx, connection.id)
    if is_salesforce_id(text):
        return visit.go(f"/clients/{salesforce_id(text)}/memberships")
    is_asked = len(text) >= _SHORTEST and current is not None
    found = _found(visit, connection, current.mapping, text) if is_asked and current else []
    return visit.page(
        "clients.html",
        connection=connection,
        others=others,
        text=text,
        is_asked=is_asked,
        found=found[:_SHOWN],
        more=len(found) > _SHOWN,
    )


def like(text: str) -> str:
    r"""Return a text fit for a SOQL LIKE that looks for it anywhere.

    >>> like("O'Hara 100%")
    "%O\\'Hara 100\\%%"
    """
    for special in ("\\", "'", "%", "_"):
        text = text.replace(special, f"\\{special}")
    return f"%{text}%"


def _found(visit: Visit, connection: Connection, mapping: Mapping, text: str) -> Sequence[Found]:
    console, names = visit.console, mapping.names.client
    wanted = ["Id", checked_name(names.name)]
    soql = (
        f"SELECT {', '.join(wanted)} FROM {checked_name(names.object)} "  # noqa: S608 -- names are checked, the text is escaped
        f"WHERE {names.name} LIKE '{like(text)}' ORDER BY {names.name} LIMIT {_LOOKED_AT}"
    )
    try:
        salesforce = open_salesforce(
            connection, console.database, console.keyring, console.settings
        )
        try:
            rows = [as_asked(row, wanted) for row in salesforce.query(soql)]
        finally:
            salesforce.close()
    except RemoteError as error:
        raise NotNow(f"Clients are looked for in Salesforce: {error}") from None
    found = [Found(salesforce_id(row["Id"] or ""), row[names.name] or "") for row in rows]
    access = access_to(visit, connection, [one.sf_id for one in found])
    return [one for one in found if access[one.sf_id].can_read]


PAGES = (Page(method="GET", path="/clients", right=Right.MEET, handler=show),)
