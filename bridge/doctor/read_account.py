"""Ask Constant Contact once for whatever a check looks at: three calls, or five."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from bridge.clock import now
from bridge.constant_contact.budget import wait_for_slot
from bridge.constant_contact.client import ConstantContact
from bridge.constant_contact.tokens import Tokens
from bridge.doctor.facts import Account, CustomFieldThere
from bridge.doctor.findings import fault
from bridge.errors import (
    Forbidden,
    NoSlotNow,
    NotFoundRemotely,
    QuotaSpent,
    RecordError,
    RemoteError,
    Throttled,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.doctor.facts import OldIds
    from bridge.doctor.findings import Fault

_INTERACTIVE = 1
_JWT_PARTS = 3
_XREFS = {
    "contact": ("contacts/contact_id_xrefs", "contact_id"),
    "list": ("contact_lists/list_id_xrefs", "list_id"),
}


def read_account(
    connection: Connection,
    database: Database,
    keyring: KeyRing,
    timeout_s: float,
    old_ids: Sequence[OldIds],
) -> tuple[Account | Fault, tuple[OldIds, ...]]:
    """Return what an account says, or why it says nothing; and which old ids it still knows."""
    tokens = Tokens(connection, database, keyring, timeout_s)
    client = open_account(connection, database, tokens, timeout_s)
    try:
        summary = client.account()
        answered_at = client.answered_at
        with database.transaction() as tx:
            ahead = None if answered_at is None else answered_at - now(tx)
        account = Account(
            account_id=str(summary["encoded_account_id"]),
            name=str(summary.get("organization_name") or summary["encoded_account_id"]),
            scopes=scopes_of(tokens.access_token()),
            custom_fields=_custom_fields(client),
            privileges=_privileges(client),
            ahead=ahead,
        )
        return account, tuple(_looked_up(client, one) for one in old_ids)
    except (RemoteError, RecordError, NoSlotNow) as error:
        return _unseen(error), tuple(old_ids)
    finally:
        client.close()


def open_account(
    connection: Connection, database: Database, tokens: Tokens, timeout_s: float
) -> ConstantContact:
    """Return a client whose calls a person waits for."""
    take_slot = partial(wait_for_slot, database, connection, _INTERACTIVE)
    return ConstantContact(connection, tokens, take_slot, timeout_s)


def scopes_of(access_token: str) -> frozenset[str] | None:
    """Return what an access token says of itself; None where it says nothing.

    It is a JWT of the vendor's: what it allows is decided there, so its signature does not matter.

    >>> scopes_of("opaque") is None
    True
    """
    parts = access_token.split(".")
    if len(parts) != _JWT_PARTS:
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error):
        return None
    match claims:
        case {"scp": list(names)}:
            return frozenset(map(str, names))
        case {"scp": str(names)} | {"scope": str(names)}:
            return frozenset(names.split())
        case _:
            return None


def _privileges(client: ConstantContact) -> frozenset[str] | None:
    try:
        answer: Any = client.get("account/user/privileges")
    except (Forbidden, NotFoundRemotely):
        return None
    if not isinstance(answer, list):
        return None
    return frozenset(str(one["privilege_name"]) for one in answer if "privilege_name" in one)


def _custom_fields(client: ConstantContact) -> tuple[CustomFieldThere, ...] | None:
    try:
        return tuple(
            CustomFieldThere(
                id=str(row["custom_field_id"]),
                name=str(row["name"]),
                label=str(row["label"]),
                type=str(row["type"]),
            )
            for row in client.custom_fields()
        )
    except (Forbidden, NotFoundRemotely):
        return None


def look_up(client: ConstantContact, kind: str, numbers: Sequence[str]) -> dict[str, str]:
    """Return what the ids of the V2 API are now; one that is unknown is left out.

    Args:
        client: The account.
        kind: `contact` or `list`.
        numbers: The ids of old, at most 500.

    Raises:
        RemoteError: If the account does not answer, or does not translate them any more.
    """
    path, name = _XREFS[kind]
    answer: Any = client.get(path, {"sequence_ids": ",".join(numbers)})
    rows = answer.get("xrefs") if isinstance(answer, dict) else None
    return {
        str(row["sequence_id"]): str(row[name])
        for row in rows or ()
        if "sequence_id" in row and name in row
    }


def _looked_up(client: ConstantContact, old: OldIds) -> OldIds:
    try:
        return replace(old, known=look_up(client, old.kind, old.numbers))
    except (Forbidden, NotFoundRemotely):
        return old


def _unseen(error: Exception) -> Fault:
    match error:
        case NoSlotNow() | QuotaSpent() | Throttled():
            return fault("account_busy", str(error))
        case Unavailable():
            return fault("account_unreachable", str(error))
        case Forbidden():
            return fault("account_forbids", str(error))
        case _:
            return fault("account_refuses", str(error))
