"""Make sure that the account has the custom fields that the mapping names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.errors import Conflict
from bridge.mapping.custom_fields import found_there
from bridge.mirror.remember import custom_field_ids, remember_custom_fields
from bridge.policies.store import policies_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.mapping.model import CustomField
    from bridge.mapping.versions import ActiveMapping


class _Row(NamedTuple):
    name: str
    label: str


def ensure_custom_fields(
    database: Database, there: ConstantContact, connection_id: int, current: ActiveMapping
) -> dict[str, str]:
    """Return the ids of a mapping's custom fields; they are made where the account lacks them.

    Costs calls only once. Where the firm creates them by hand (policy `custom_fields`), none is
    made or asked for: what is known is returned.

    Raises:
        RecordRefused: If the account cannot have one more custom field.
        RemoteError: If Constant Contact does not do its part.
    """
    wanted = current.mapping.contact.custom_fields
    with database.transaction() as tx:
        ids = custom_field_ids(tx, connection_id, wanted)
        is_asked = policies_of(tx, connection_id).custom_fields == "ask"
    if len(ids) == len(wanted) or is_asked:
        return ids
    create_custom_fields(database, there, connection_id, wanted, list(there.custom_fields()))
    with database.transaction() as tx:
        return custom_field_ids(tx, connection_id, wanted)


def create_custom_fields(
    database: Database,
    there: ConstantContact,
    connection_id: int,
    wanted: Iterable[CustomField],
    rows: Sequence[dict[str, Any]],
) -> None:
    """Create the custom fields that an account lacks; one that somebody else has made is taken.

    What was made is kept even if a later one is refused.

    Args:
        database: Keeps their ids.
        there: The account.
        connection_id: Whose account it is.
        wanted: The custom fields of a mapping.
        rows: Those that the account has, as it answered.

    Raises:
        RecordRefused: If the account cannot have one more.
        RemoteError: If Constant Contact does not do its part.
    """
    rows = list(rows)
    try:
        for field in lacking(wanted, rows):
            try:
                rows.append(there.create_custom_field(field.label, field.type))
            except Conflict:
                rows = list(there.custom_fields())
    finally:
        with database.transaction() as tx:
            remember_custom_fields(tx, connection_id, rows)


def lacking(wanted: Iterable[CustomField], rows: Iterable[dict[str, Any]]) -> list[CustomField]:
    """Return the custom fields of a mapping that an account does not have."""
    known = [_Row(str(row["name"]), str(row["label"])) for row in rows]
    return [field for field in wanted if found_there(field, known) is None]
