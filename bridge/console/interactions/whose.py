"""Open the client or the contact that an address names: whose it is, and may it be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from psycopg.rows import dict_row

from bridge.console.access.records import readable
from bridge.console.clients.ways import find_client
from bridge.console.faults import NotConnected, NotThere
from bridge.console.interactions.model import Whose
from bridge.console.pages.connection import seen_connections
from bridge.db.queries import load_queries
from bridge.identity import is_salesforce_id, salesforce_id
from bridge.mapping.versions import active
from bridge.mirror.model import household_path

if TYPE_CHECKING:
    import psycopg

    from bridge.connections.model import Connection
    from bridge.console.page import Visit
    from bridge.mapping.model import Mapping

SQL = load_queries("bridge.console.interactions")


def open_whose(visit: Visit, kind: Literal["client", "contact"]) -> tuple[Whose, Mapping | None]:
    """Return whom a page is about, and the mapping of the connection; no transaction may be open.

    Raises:
        NotThere: If there is no such record, or whoever is here may not read it.
        NotNow: If Salesforce does not say whether they may.
        NotConnected: If there is no connection yet.
    """
    text = str(visit.request.path_params["sf_id"])
    if not is_salesforce_id(text):
        raise NotThere
    sf_id = salesforce_id(text)
    with visit.console.database.transaction() as tx:
        connection = _connection(tx, visit, sf_id)
        current = active(tx, connection.id)
    mapping = None if current is None else current.mapping
    readable(visit, connection, sf_id)
    if kind == "client":
        name = _client_name(visit, connection, mapping, sf_id)
        return _whose(kind, connection, sf_id, name, sf_id), mapping
    with visit.console.database.transaction() as tx:
        person = people_named(tx, connection.id, [sf_id]).get(sf_id)
    if person is None:
        raise NotThere
    return _whose(kind, connection, sf_id, person["name"], person["account_id"]), mapping


def people_named(
    tx: psycopg.Connection[Any], connection_id: int, ids: list[str]
) -> dict[str, dict[str, Any]]:
    """Return name, client and box of people by their ids."""
    with tx.cursor(row_factory=dict_row) as cursor:
        values = {"connection_id": connection_id, "ids": ids}
        rows = cursor.execute(SQL["people_named"], values).fetchall()
    return {row["sf_id"]: row for row in rows}


def _whose(
    kind: Literal["client", "contact"],
    connection: Connection,
    sf_id: str,
    name: str,
    account_id: str | None,
) -> Whose:
    return Whose(kind=kind, connection=connection, sf_id=sf_id, name=name, account_id=account_id)


def _connection(tx: psycopg.Connection[Any], visit: Visit, sf_id: str) -> Connection:
    """Return whose record it is: the first connection that knows it, else the only one."""
    seen = seen_connections(tx, visit)
    if not seen:
        raise NotConnected
    values = {"connection_ids": [one.id for one in seen], "sf_id": sf_id}
    known = tx.execute(SQL["connections_that_know"], values).fetchone()
    if known is None and len(seen) > 1:
        raise NotThere
    return next(one for one in seen if known is None or one.id == known[0])


def _client_name(visit: Visit, connection: Connection, mapping: Mapping | None, sf_id: str) -> str:
    """Return what a client is called; its id where nobody says, for the page can do without."""
    if mapping is None:
        return sf_id
    names = mapping.names
    values = {
        "connection_id": connection.id,
        "sf_id": sf_id,
        "path": household_path(names) or "",
    }
    with visit.console.database.transaction() as tx:
        row = tx.execute(SQL["client_name"], values).fetchone()
    if row is not None and row[0]:
        return str(row[0])
    return find_client(visit.console, connection, mapping, sf_id).name or sf_id
