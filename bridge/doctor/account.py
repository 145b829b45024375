"""Checks of the Constant Contact side of a connection. They spend one call of its budget."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bridge.constant_contact.budget import wait_for_slot
from bridge.constant_contact.client import ConstantContact
from bridge.constant_contact.tokens import Tokens
from bridge.doctor.findings import Finding
from bridge.errors import (
    Forbidden,
    NoSlotNow,
    QuotaSpent,
    RecordError,
    RemoteError,
    Throttled,
    Unavailable,
)

if TYPE_CHECKING:
    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database

_INTERACTIVE = 1


def check_account(
    connection: Connection, database: Database, keyring: KeyRing, timeout_s: float
) -> Finding:
    """Return whether the account can be used."""
    tokens = Tokens(connection, database, keyring, timeout_s)
    take_slot = partial(wait_for_slot, database, connection, _INTERACTIVE)
    client = ConstantContact(connection, tokens, take_slot, timeout_s)
    try:
        account = client.account()
    except (RemoteError, RecordError, NoSlotNow) as error:
        return Finding(
            subject=connection.name,
            check="Constant Contact",
            state="warning" if isinstance(error, NoSlotNow | QuotaSpent | Throttled) else "failed",
            says=str(error),
            advice=_advice(connection, error),
        )
    finally:
        client.close()
    return Finding(
        subject=connection.name,
        check="Constant Contact",
        state="ok",
        says=f"account {account.get('organization_name') or account['encoded_account_id']}",
    )


def _advice(connection: Connection, error: Exception) -> str:
    match error:
        case NoSlotNow() | QuotaSpent() | Throttled():
            return "nothing: deliveries go on by themselves"
        case Unavailable():
            return "see that the service can be reached from here"
        case Forbidden():
            return "give the application its scopes and its user the account's privileges"
        case _:
            return (
                "authorise the application again, then "
                f"`bridge connection add {connection.name} --credentials FILE`"
            )
