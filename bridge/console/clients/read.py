"""Open a client: may it be read, who belongs to it, and how everything of it stands."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row, dict_row

from bridge.console.access.records import access_to, readable
from bridge.console.clients.model import Client, Contact, Household, Membership, Work
from bridge.console.clients.ways import SQL, find_client
from bridge.console.faults import NotConnected, NotThere, Refused
from bridge.console.pages.connection import seen_connections
from bridge.delivery.gather import Gatherer
from bridge.identity import is_salesforce_id, salesforce_id, same_organization
from bridge.mapping.versions import active

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf
    from typing import LiteralString

    import psycopg

    from bridge.connections.model import Connection
    from bridge.console.access.records import Access
    from bridge.console.page import Visit
    from bridge.delivery.model import AddressState
    from bridge.mapping.model import Mapping


def open_client(visit: Visit) -> tuple[Client, Mapping]:
    """Return the client that an address names, and the mapping of its connection.

    Raises:
        NotThere: If there is none, or whoever is here may not read it.
        NotNow: If Salesforce does not say whether they may.
        Refused: If the connection has no mapping yet.
    """
    text = str(visit.request.path_params["account_id"])
    if not is_salesforce_id(text):
        raise NotThere
    account_id = salesforce_id(text)
    with visit.console.database.transaction() as tx:
        connection = _connection(tx, visit, account_id)
        current = active(tx, connection.id)
    if current is None:
        raise Refused(f"The connection {connection.name} has no mapping yet: `bridge up`.")
    access = readable(visit, connection, account_id)
    told = find_client(visit.console, connection, current.mapping, account_id)
    if told.name is None and not told.contact_ids:
        raise NotThere
    client = Client(
        connection=connection,
        account_id=account_id,
        name=told.name or account_id,
        access=access,
        contact_ids=told.contact_ids,
    )
    return client, current.mapping


def read_household(visit: Visit, client: Client, mapping: Mapping) -> Household:
    """Return a client with everything that its page says; no transaction may be open.

    Raises:
        NotNow: If Salesforce does not say whom of it one may read.
    """
    database = visit.console.database
    connection_id = client.connection.id
    with database.transaction() as tx:
        asked = {"connection_id": connection_id, "ids": list(client.contact_ids)}
        ids = [row[0] for row in tx.execute(SQL["with_sharers"], asked)]
    access = access_to(visit, client.connection, ids)
    with database.transaction() as tx:
        found = _Reading(tx, client, mapping, access).household(visit.console.settings.owner)
    return replace(found, times=visit.times)


class _Reading:
    def __init__(
        self,
        tx: psycopg.Connection[Any],
        client: Client,
        mapping: Mapping,
        access: MappingOf[str, Access],
    ) -> None:
        self._tx = tx
        self._client = client
        self._mapping = mapping
        self._access = access
        self._values = {"connection_id": client.connection.id, "ids": list(access)}

    def household(self, owner: Any) -> Household:
        gatherer = Gatherer(mapping=self._mapping, installation_owner=owner)
        rows = self._rows(SQL["contacts"])
        keys = sorted({row["email_key"] for row in rows if row["email_key"]})
        states = gatherer.seen(self._tx, self._client.connection.id, keys)
        contacts = {row["sf_id"]: self._contact(row, states) for row in rows}
        here = [sf_id for sf_id in self._client.contact_ids if sf_id in contacts]
        members = tuple(sf_id for sf_id in here if contacts[sf_id].access.can_read)
        with self._tx.cursor(row_factory=class_row(Membership)) as cursor:
            memberships = tuple(cursor.execute(SQL["memberships"], self._values))
        about = self._values | {"keys": [*keys, *contacts]}
        row = self._tx.execute(SQL["surroundings"], about).fetchone()
        assert row is not None  # noqa: S101 -- the statement returns one row
        now, last_answer, silent_since = row
        return Household(
            client=self._client,
            now=now,
            members=members,
            hidden=len(here) - len(members),
            contacts=contacts,
            memberships=memberships,
            lists=dict(self._tx.execute(SQL["lists"], self._values).fetchall()),
            states=states,
            work={one.pop("key"): Work(**one) for one in self._rows(SQL["work_at"], about)},
            left={
                (one["contact_id"], one["list_id"]): one["lost_at"]
                for one in self._rows(SQL["left_lists"])
            },
            reactivated={one["contact_id"]: one["at"] for one in self._rows(SQL["reactivated"])},
            last_answer=last_answer,
            silent_since=silent_since,
        )

    def _rows(
        self, query: LiteralString, values: MappingOf[str, Any] | None = None
    ) -> list[dict[str, Any]]:
        with self._tx.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, values or self._values).fetchall()

    def _contact(self, row: dict[str, Any], states: MappingOf[str, AddressState]) -> Contact:
        sf_id, fields = row["sf_id"], row["fields"]
        state = states.get(row["email_key"])
        wanted = next(
            (one.wanted for one in (state.people if state else ()) if one.contact_id == sf_id), None
        )
        parts = [fields.get("FirstName"), fields.get("LastName")]
        if not any(parts):
            parts = [(wanted or {}).get(name) for name in ("first_name", "last_name")]
        return Contact(
            sf_id=sf_id,
            name=" ".join(filter(None, parts)) or fields.get("Name") or sf_id,
            email=fields.get(self._mapping.names.contact.email),
            key=row["email_key"],
            do_not_email=row["do_not_email"],
            access=self._access[sf_id],
        )


def _connection(tx: psycopg.Connection[Any], visit: Visit, account_id: str) -> Connection:
    """Return whose client it is: the organization's that the address names, or that knows it."""
    seen = seen_connections(tx, visit)
    if not seen:
        raise NotConnected
    organization = visit.query("org")
    if organization:
        seen = [one for one in seen if same_organization(one.organization_id, organization)]
    if not seen:
        raise NotThere
    if len(seen) > 1:
        values = {"connection_ids": [one.id for one in seen], "account_id": account_id}
        knows = {row[0] for row in tx.execute(SQL["connections_with"], values)}
        seen = [one for one in seen if one.id in knows] or seen
    return seen[0]
