"""Records as REST JSON shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.salesforce.values import to_json

if TYPE_CHECKING:
    from sandbox.salesforce.schema import Field, SObject
    from sandbox.salesforce.values import Row

_ADDRESS_PARTS = {
    "city": "City",
    "country": "Country",
    "geocodeAccuracy": None,
    "latitude": None,
    "longitude": None,
    "postalCode": "PostalCode",
    "state": "State",
    "street": "Street",
}


def attributes(sobject: SObject, record_id: str, *, version: str) -> dict[str, str]:
    """Return the `attributes` of a record: its type and its address."""
    return {
        "type": sobject.name,
        "url": f"/services/data/v{version}/sobjects/{sobject.name}/{record_id}",
    }


def shown(field: Field, row: Row) -> object:
    """Return one field of a row as JSON has it; an address as an object, or null without parts."""
    if field.type != "address":
        return to_json(row.get(field.name))
    parts = {
        name: row.get(f"{field.parts}{part}") if part else None
        for name, part in _ADDRESS_PARTS.items()
    }
    return parts if any(parts.values()) else None


def whole_record(
    sobject: SObject, row: Row, *, version: str, fields: tuple[Field, ...] | None = None
) -> dict[str, object]:
    """Return a record with all its fields, or with those asked for."""
    record: dict[str, object] = {"attributes": attributes(sobject, str(row["Id"]), version=version)}
    for field in fields if fields is not None else sobject.fields:
        record[field.name] = shown(field, row)
    return record
