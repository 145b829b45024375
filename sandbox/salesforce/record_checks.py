"""What a record must fulfil beside its own fields: references, and values that stand once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.tables import folded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.salesforce.org import Transaction
    from sandbox.salesforce.schema import Field, SObject
    from sandbox.salesforce.values import Row, Value


def check_reference(tx: Transaction, field: Field, value: Value) -> None:
    """Check that a reference leads to a record that is there.

    Raises:
        ApiError: If it does not.
    """
    if field.type != "reference" or not isinstance(value, str):
        return
    target = tx.org.schema.of_id(value)
    if target is None or target.name not in field.refers_to:
        raise ApiError(
            "MALFORMED_ID" if target is None else "FIELD_INTEGRITY_EXCEPTION",
            f"{field.label}: id value of incorrect type: {value}",
            fields=(field.name,),
        )
    row = tx.org.tables[target.name].get(value)
    if row is None:
        raise ApiError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if row["IsDeleted"]:
        raise ApiError("ENTITY_IS_DELETED", "entity is deleted")


def check_unique(
    tx: Transaction, sobject: SObject, field: Field, record_id: str, value: Value
) -> None:
    """Check that no other record holds a value in a field where each may stand once.

    Raises:
        ApiError: DUPLICATE_VALUE, with the id of the other record.
    """
    if not field.unique or value is None:
        return
    clash = _first(tx.org.tables[sobject.name].with_key(field, value), record_id)
    if clash is not None:
        raise ApiError(
            "DUPLICATE_VALUE",
            f"duplicate value found: {field.name} duplicates value on record with id: {clash}",
        )


def check_together(tx: Transaction, sobject: SObject, record_id: str, row: Row) -> None:
    """Check that no other record has the same values in fields that are unique together.

    Raises:
        ApiError: DUPLICATE_VALUE, with the id of the other record.
    """
    if not sobject.unique_together:
        return
    wanted = [folded(row[name]) for name in sobject.unique_together]
    same = (
        str(other["Id"])
        for other in tx.org.tables[sobject.name]
        if not other["IsDeleted"]
        and [folded(other[name]) for name in sobject.unique_together] == wanted
    )
    clash = _first(same, record_id)
    if clash is not None:
        raise ApiError(
            "DUPLICATE_VALUE",
            "This entity already exists: duplicate value found: "
            f"{', '.join(sobject.unique_together)} duplicates value on record with id: {clash}",
        )


def _first(found: Iterable[str], record_id: str) -> str | None:
    return next((other for other in found if other != record_id), None)
