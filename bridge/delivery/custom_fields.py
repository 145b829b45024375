"""Make sure that the account has the custom fields that the mapping names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.errors import Conflict
from bridge.mirror.remember import custom_field_ids, remember_custom_fields

if TYPE_CHECKING:
    from bridge.constant_contact.client import ConstantContact
    from bridge.db.database import Database
    from bridge.mapping.versions import ActiveMapping


def ensure_custom_fields(
    database: Database, there: ConstantContact, connection_id: int, current: ActiveMapping
) -> dict[str, str]:
    """Return the ids of a mapping's custom fields; they are made where the account lacks them.

    Costs calls only once.

    Raises:
        RecordRefused: If the account cannot have one more custom field.
        RemoteError: If Constant Contact does not do its part.
    """
    wanted = current.mapping.contact.custom_fields
    with database.transaction() as tx:
        ids = custom_field_ids(tx, connection_id, wanted)
    if len(ids) == len(wanted):
        return ids
    rows = list(there.custom_fields())
    have = {str(row[key]).lower() for row in rows for key in ("name", "label")}
    for field in wanted:
        if field.name.lower() not in have and field.label.lower() not in have:
            try:
                rows.append(there.create_custom_field(field.label, field.type))
            except Conflict:
                rows = list(there.custom_fields())
    with database.transaction() as tx:
        remember_custom_fields(tx, connection_id, rows)
        return custom_field_ids(tx, connection_id, wanted)
