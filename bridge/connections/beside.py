"""A second connection for an organization, to another account: the one that is there stays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.connections.secrets import read_secret, write_secret
from bridge.connections.store import (
    add_connection,
    list_connections,
    load_connection,
    note_authorised,
    resume,
    set_identity,
)
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from bridge.mapping.versions import activate, activations, files_of, version_in_force

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.connections.secrets import Kind

_SQL = load_queries("bridge.connections")
_SHARED: tuple[Kind, ...] = ("sf_client", "sf_token", "sf_key", "cc_client")


@dataclass(frozen=True, kw_only=True, slots=True)
class NewAccount:
    """The account of the other connection, with its consent.

    Attributes:
        scopes: What it allows, where the issuer has said.
    """

    account_id: str
    account_name: str
    refresh_token: str
    scopes: Sequence[str] | None = None

    def __repr__(self) -> str:
        return f"NewAccount(account_id={self.account_id!r})"


def start_beside(
    tx: psycopg.Connection[Any],
    keyring: KeyRing,
    old: Connection,
    name: str,
    account: NewAccount,
    *,
    by: str,
) -> Connection:
    """Return a new connection of an organization to another account.

    It has the logins to both vendors, the object profile and the mapping of the connection that is
    there, and nothing else: no link, no list, no ledger entry. That one is not touched.

    Args:
        tx: The caller's transaction.
        keyring: Opens and encrypts the logins.
        old: The connection that is there.
        name: Of the new one.
        account: What it is connected to.
        by: Who authorises it.

    Raises:
        ConfigurationError: If there is a connection of this name, or one of the organization to
            this account; or the name cannot stand in a path.
    """
    if old.organization_id is None:
        raise ConfigurationError(f"the connection {old.name!r} has no organization yet")
    for one in list_connections(tx):
        same = (one.organization_id, one.cc_account_id) == (old.organization_id, account.account_id)
        if same:
            raise ConfigurationError(
                f"the connection {one.name!r} is to this account already: re-authorize that one"
            )
    new = add_connection(tx, keyring, name, old.organization_id, must_be_new=True)
    tx.execute(_SQL["copy_sides"], {"id": new.id, "old_id": old.id})
    for kind in _SHARED:
        secret = read_secret(tx, keyring, old.id, kind)
        if secret is not None:
            write_secret(tx, keyring, new.id, kind, secret.text)
    # No access token: the first call brings one, and the lifetime of that is known.
    pair = {"access_token": "", "refresh_token": account.refresh_token}
    write_secret(tx, keyring, new.id, "cc_token", json.dumps(pair))
    set_identity(tx, new.id, cc_account_id=account.account_id, cc_account_name=account.account_name)
    note_authorised(tx, new.id, by=by, scopes=account.scopes)
    _copy_mapping(tx, old.id, new.id, by)
    resume(tx, new.id)
    return load_connection(tx, new.id)


def _copy_mapping(tx: psycopg.Connection[Any], old_id: int, new_id: int, by: str) -> None:
    """Have the same mapping in force; what came from files first, which a restart compares."""
    history = activations(tx, old_id)
    from_files = next((one.version_id for one in history if one.origin == "files"), None)
    in_force = version_in_force(tx, old_id)
    if from_files is not None and (files := files_of(tx, old_id, from_files)) is not None:
        activate(tx, new_id, files, by=by)
    if in_force not in {None, from_files} and (files := files_of(tx, old_id, in_force)) is not None:
        activate(tx, new_id, files, by=by, origin="console")
