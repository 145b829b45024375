"""Give list records of the product before the ids that their numbers stand for today.

The V3 id is written to the record, as an administrator would: whoever delivers a list takes the one
whose id the record holds. The vendor is to withdraw the calls that translate numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.constant_contact.tokens import Tokens
from bridge.delivery.work import INTERACTIVE, mark
from bridge.doctor.read_account import look_up, open_account
from bridge.doctor.read_stored import MOST_LOOKED_UP, SQL
from bridge.errors import ConfigurationError
from bridge.mapping.versions import usable
from bridge.salesforce.client import open_salesforce
from bridge.salesforce.model import Update

if TYPE_CHECKING:
    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.mapping.names import ListNames
    from bridge.mirror.advance import Subject
    from bridge.salesforce.collections import Collections
    from bridge.settings import Settings

_A_CALL = 200  # records that one call saves


@dataclass(frozen=True, kw_only=True)
class OldList:
    """What became of one list record.

    Attributes:
        number: The id that the record held.
        list_id: What it stands for today; None where the account has no such list any more.
        refused: Why Salesforce did not take it.
    """

    connection: str
    sf_id: str
    number: str
    list_id: str | None = None
    refused: str | None = None


def link_lists(
    connection: Connection, database: Database, keyring: KeyRing, settings: Settings
) -> list[OldList]:
    """Write today's ids to list records that hold an old one, and have these lists delivered.

    Returns:
        What became of each, at most 500: records that are linked already are left alone.

    Raises:
        ConfigurationError: If no mapping is in force, or its lists have no field for the id.
        RemoteError: If one of the sides does not answer.
    """
    with database.transaction() as tx:
        current = usable(tx, connection.id)
        names = None if current is None else current.mapping.names.list
        if names is None or names.cc_id is None:
            raise ConfigurationError(
                f"the connection {connection.name!r} has no field for the ids of lists: `bridge "
                "mapping activate`, or name `cc_id` of the list"
            )
        values = {"connection_id": connection.id, "name": names.cc_id, "most": MOST_LOOKED_UP}
        held = dict(tx.execute(SQL["unlinked_lists_with_old_ids"], values).fetchall())
    if not held:
        return []
    tokens = Tokens(connection, database, keyring, settings.http_timeout_s)
    client = open_account(connection, database, tokens, settings.http_timeout_s)
    try:
        known = look_up(client, "list", list(held.values()))
    finally:
        client.close()
    found = {sf_id: known[number] for sf_id, number in held.items() if number in known}
    salesforce = open_salesforce(connection, database, keyring, settings)
    try:
        refused = _write(salesforce.collections, names, found)
    finally:
        salesforce.close()
    written = {sf_id: list_id for sf_id, list_id in found.items() if sf_id not in refused}
    _have_delivered(connection, database, names.cc_id, written)
    return [
        OldList(
            connection=connection.name,
            sf_id=sf_id,
            number=number,
            list_id=found.get(sf_id),
            refused=refused.get(sf_id),
        )
        for sf_id, number in held.items()
    ]


def _write(collections: Collections, names: ListNames, found: dict[str, str]) -> dict[str, str]:
    """Write the ids, and return why some were refused."""
    updates = [
        Update(object=names.object, record_id=sf_id, fields={str(names.cc_id): list_id})
        for sf_id, list_id in found.items()
    ]
    refused = {}
    for start in range(0, len(updates), _A_CALL):
        part = updates[start : start + _A_CALL]
        for update, result in zip(part, collections.update(part), strict=True):
            if not result.ok:
                refused[update.record_id] = result.message or str(result.error_code)
    return refused


def _have_delivered(
    connection: Connection, database: Database, name: str, written: dict[str, str]
) -> None:
    dirty: dict[Subject, bool] = {("list", sf_id): False for sf_id in written}
    values = {"sf_ids": list(written), "list_ids": list(written.values()), "name": name}
    with database.transaction() as tx:
        tx.execute(SQL["note_list_ids"], values | {"connection_id": connection.id})
        mark(tx, connection.id, dirty, lane=INTERACTIVE, origin="cli")
