"""Whose account a consent is of, and the consent stored: for the console and the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from bridge.connections.secrets import write_secret
from bridge.connections.store import load_connection, note_authorised, resume, set_identity
from bridge.constant_contact.budget import wait_for_slot
from bridge.constant_contact.client import ConstantContact
from bridge.constant_contact.tokens import Tokens
from bridge.db.queries import load_queries
from bridge.errors import BridgeError

if TYPE_CHECKING:
    import psycopg

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.constant_contact.tokens import AccessTokens, Pair
    from bridge.db.database import Database

_SQL = load_queries("bridge.constant_contact")
_INTERACTIVE = 1

TakeSlot: TypeAlias = Callable[[], AbstractContextManager[None]]
"""Entered around a call: returns when it may start."""


class Account(NamedTuple):
    """An account of Constant Contact, by the id that the vendor knows it by."""

    id: str
    name: str


def ask_account(
    connection: Connection, tokens: AccessTokens, take_slot: TakeSlot, timeout_s: float
) -> Account:
    """Return whose account tokens are of, by one call.

    Raises:
        RemoteError: Whatever the call is refused with.
        NoSlotNow: If the budget has no call soon.
    """
    client = ConstantContact(connection, tokens, take_slot, timeout_s)
    try:
        told = client.account()
    finally:
        client.close()
    account_id = str(told["encoded_account_id"])
    return Account(account_id, str(told.get("organization_name") or account_id))


def known_account(
    connection: Connection, database: Database, keyring: KeyRing, timeout_s: float
) -> str | None:
    """Return the id of a connection's account; None where its tokens tell nothing any more."""
    if connection.cc_account_id is not None:
        return connection.cc_account_id
    try:
        tokens = Tokens(connection, database, keyring, timeout_s)
        return ask_account(connection, tokens, own_slots(database, connection), timeout_s).id
    except BridgeError:
        return None


def store_consent(
    tx: psycopg.Connection[Any],
    keyring: KeyRing,
    connection_id: int,
    pair: Pair,
    account: Account,
    *,
    by: str,
) -> None:
    """Store the tokens of an account's consent, whose they are, and by whose word; ends a pause."""
    stored = {"access_token": pair.access_token, "refresh_token": pair.refresh_token}
    write_secret(tx, keyring, connection_id, "cc_token", json.dumps(stored), lives_s=pair.lives_s)
    set_identity(tx, connection_id, cc_account_id=account.id, cc_account_name=account.name)
    note_authorised(tx, connection_id, by=by, scopes=pair.scopes)
    resume(tx, connection_id)


def own_slots(database: Database, connection: Connection) -> TakeSlot:
    """Return what grants a connection's calls that a person waits for."""
    return partial(wait_for_slot, database, connection, _INTERACTIVE)


def slots_of_client(database: Database, client_id: str) -> TakeSlot:
    """Return what grants calls of an application that the connection has not joined yet.

    Where other connections use the application, its budget does; else nobody else calls by it.
    """
    with database.transaction() as tx:
        row = tx.execute(_SQL["connection_of_client"], {"client_id": client_id}).fetchone()
        if row is None:
            return nullcontext
        return own_slots(database, load_connection(tx, row[0]))
