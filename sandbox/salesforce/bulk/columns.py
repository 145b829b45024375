"""The columns of an uploaded file: what each one is of the object, and what its cells mean."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.salesforce.errors import ApiError
from sandbox.salesforce.values import parse_date, parse_datetime

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.salesforce.schema import Field, Schema, SObject

NULL = "#N/A"
"""The cell that clears a field; a blank one leaves it as it is."""

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[Ee][+-]?\d{1,3})?", re.ASCII)
_TRUE = frozenset({"yes", "y", "true", "on", "1"})
_FALSE = frozenset({"no", "n", "false", "off", "0"})


class BatchRefused(Exception):
    """The whole file is refused; the message is the job's `errorMessage`."""


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        field: The field that it fills; of a parent's key, the reference.
        parent: Where a parent is named by its key: relationship, object and field of the key.
    """

    field: Field
    parent: tuple[str, str, str] | None = None

    def given(self, cell: str) -> tuple[str, Any] | None:
        """Return what a cell gives a record, as JSON would; None for a blank cell.

        Raises:
            ApiError: INVALID_TYPE_ON_FIELD_IN_RECORD, if it is not of the field's type.
        """
        if cell == "":
            return None
        if cell == NULL:
            return self.field.name, None
        if self.parent is not None:
            relationship, sobject, key = self.parent
            return relationship, {"attributes": {"type": sobject}, key: cell}
        return self.field.name, _value(self.field, cell)


def columns(schema: Schema, sobject: SObject, header: Sequence[str]) -> list[Column]:
    """Return the columns that a header names.

    Raises:
        BatchRefused: At the first name that is not there.
    """
    found: list[Column] = []
    seen: set[str] = set()
    for name in header:
        if name.lower() in seen:
            message = f"InvalidBatch : Duplicate field name found : {name}"
            raise BatchRefused(message)
        seen.add(name.lower())
        found.append(_column(schema, sobject, name))
    return found


def _column(schema: Schema, sobject: SObject, name: str) -> Column:
    field = sobject.field(name)
    if field is not None and field.type != "address":
        return Column(field)
    relationship, dot, key = name.partition(".")
    relationship, _, kind = relationship.partition(":")
    reference = sobject.relationship(relationship) if dot else None
    if reference is None or not reference.relationship:
        raise _unknown(name)
    if kind and len(reference.refers_to) < 2:  # noqa: PLR2004 - a choice begins with two
        message = f"InvalidBatch : type is not needed for non polymorphic foreign key : {name}"
        raise BatchRefused(message)
    target = kind or reference.refers_to[0]
    parent = schema.find(target) if target in reference.refers_to else None
    key_field = parent.field(key) if parent is not None else None
    if parent is None or key_field is None or not (key_field.external_id or key_field.type == "id"):
        raise _unknown(name)
    return Column(reference, (reference.relationship, parent.name, key_field.name))


def _unknown(name: str) -> BatchRefused:
    return BatchRefused(f"InvalidBatch : Field name not found : {name}")


def _value(field: Field, cell: str) -> Any:
    """Return the text of a cell as a JSON value of the field's type."""
    match field.type:
        case "boolean":
            word = cell.lower()
            if word in _TRUE or word in _FALSE:
                return word in _TRUE
        case "double" | "int":
            if _NUMBER.fullmatch(cell) and math.isfinite(float(cell)):
                return float(cell)
        case "date":
            if parse_date(cell[:10]) is not None and (len(cell) == 10 or _moment(cell)):  # noqa: PLR2004 - 2026-11-02
                return cell[:10]
        case "datetime":
            if _moment(cell) is not None:
                return _moment(cell)
        case _:
            return cell
    raise ApiError(
        "INVALID_TYPE_ON_FIELD_IN_RECORD",
        f"{field.label}: value not of required type: {cell}",
        fields=(field.name,),
    )


def _moment(cell: str) -> str | None:
    """Return a time with a zone; a date alone begins at midnight, UTC."""
    text = f"{cell}T00:00:00Z" if parse_date(cell) is not None else cell
    return text if parse_datetime(text) is not None else None
