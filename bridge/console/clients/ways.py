"""Who belongs to a client: the ways of `client.yaml`, as far as the organization has them.

The mirror knows whose account a contact names. What another object says of it is read from
Salesforce and believed as long as what somebody may see; while Salesforce does not answer, what it
said last is better than nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.types.json import Jsonb

from bridge.console.access.records import BELIEVED_S
from bridge.db.queries import load_queries
from bridge.errors import Forbidden, NotFoundRemotely, RemoteError
from bridge.identity import salesforce_id
from bridge.mapping.schema import Junction
from bridge.salesforce.client import open_salesforce
from bridge.salesforce.names import checked_name
from bridge.salesforce.values import as_asked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.connections.model import Connection
    from bridge.console.page import Console
    from bridge.mapping.model import Mapping, Way
    from bridge.salesforce.client import Salesforce

SQL = load_queries("bridge.console.clients")


class Told(NamedTuple):
    """What is known of a client.

    Attributes:
        name: None where nobody has told it.
        contact_ids: Its people, each once, by the ways in their order.
    """

    name: str | None
    contact_ids: tuple[str, ...]


def find_client(
    console: Console, connection: Connection, mapping: Mapping, account_id: str
) -> Told:
    """Return a client's name and people; no transaction may be open."""
    values: dict[str, Any] = {"connection_id": connection.id, "account_id": account_id}
    with console.database.transaction() as tx:
        own = [row[0] for row in tx.execute(SQL["people_of_account"], values)]
        known = tx.execute(SQL["known_client"], values | {"believed_s": BELIEVED_S}).fetchone()
    ways = mapping.client.ways
    if known is None or not known[2] or len(known[1]) != len(ways):
        try:
            asked = _ask(console, connection, mapping, account_id)
        except RemoteError:
            asked = Asked(known[0], known[1]) if known else Asked(None, [])
        else:
            with console.database.transaction() as tx:
                row = {"name": asked.name, "ways": Jsonb(asked.ways)}
                tx.execute(SQL["keep_client"], values | row)
    else:
        asked = Asked(known[0], known[1])
    found: dict[str, None] = {}
    for place, way in enumerate(ways):
        told = asked.ways[place] if place < len(asked.ways) else None
        found |= dict.fromkeys(own if way == "account" else told or ())
    return Told(asked.name, tuple(found))


class Asked(NamedTuple):
    """What Salesforce has said: the name, and by each way whom it found; None: not by asking."""

    name: str | None
    ways: Sequence[Sequence[str] | None]


def _ask(console: Console, connection: Connection, mapping: Mapping, account_id: str) -> Asked:
    salesforce = open_salesforce(connection, console.database, console.keyring, console.settings)
    try:
        return Asked(
            _name(salesforce, mapping, account_id),
            [_found(salesforce, mapping, way, account_id) for way in mapping.client.ways],
        )
    finally:
        salesforce.close()


def _name(salesforce: Salesforce, mapping: Mapping, account_id: str) -> str | None:
    names = mapping.names.client
    found = salesforce.read_back(names.object, [account_id], [names.name])
    return found.get(account_id, {}).get(names.name)


def _found(salesforce: Salesforce, mapping: Mapping, way: Way, account_id: str) -> list[str] | None:
    """Return whom one way finds; a way that the organization lacks finds nobody."""
    match way:
        case "account":
            return None
        case "person_account":
            names = (mapping.names.client.object, "PersonContactId", "Id")
        case Junction():
            names = (way.object, way.contact, way.client)
        case _:
            names = ("AccountContactRelation", "ContactId", "AccountId")
    object_name, contact, client = map(checked_name, names)
    soql = (
        f"SELECT {contact} FROM {object_name} "  # noqa: S608 -- names are checked, the id is one
        f"WHERE {client} = '{account_id}' AND {contact} != null ORDER BY CreatedDate, Id"
    )
    try:
        found = [as_asked(row, [contact])[contact] for row in salesforce.query(soql)]
    except (Forbidden, NotFoundRemotely):
        return []
    return [salesforce_id(one) for one in found if one]
