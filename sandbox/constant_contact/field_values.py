"""What a custom field of a contact may hold: a value that fits its type, or choices. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sandbox.constant_contact.times import read_anniversary, read_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.constant_contact.model import CustomField, Json

VALUE_LENGTH: Final = 255
SELECTS: Final = frozenset({"single_select", "multi_select"})
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def read_field(item: Mapping[str, Any], custom_field: CustomField, faults: list[str]) -> Json:
    """Return `value` or `choice_ids` of a custom field; what is wrong becomes a fault."""
    if custom_field.type in SELECTS:
        return _choices(item.get("choice_ids"), custom_field, faults)
    value = item.get("value")
    if value is None or value == "":
        faults.append("custom_fields.value is missing")
    elif not isinstance(value, str):
        faults.append("custom_fields.value does not have a valid value")
    elif len(value) > VALUE_LENGTH:
        faults.append(f"custom_fields.value length must be between 0 and {VALUE_LENGTH}")
    elif not fits(value, custom_field):
        faults.append(f"custom_fields.value does not have a valid value for {custom_field.type}")
    return {"value": value}


def fits(value: str, custom_field: CustomField) -> bool:
    """Tell whether a text is a value of the field's type; a date of version 1 is any text."""
    match custom_field.type:
        case "date":
            return custom_field.version == 1 or read_anniversary(value) is not None
        case "datetime":
            return read_time(value) is not None
        case "boolean":
            return value.lower() in {"true", "false"}
        case "number" | "currency":
            return _fits_number(value, custom_field.metadata)
        case _:
            return True


def _fits_number(value: str, metadata: Mapping[str, Any]) -> bool:
    found = _NUMBER.fullmatch(value)
    if found is None:
        return False
    places = metadata.get("decimal_places")
    if metadata.get("integer") is True:
        places = 0
    decimals = len(found[1] or ".") - 1
    if isinstance(places, int) and decimals > places:
        return False
    return not (metadata.get("allow_negative") is False and value.startswith("-"))


def _choices(chosen: object, custom_field: CustomField, faults: list[str]) -> Json:
    allowed = {
        str(choice["choice_id"]) for choice in custom_field.choices if "deleted_at" not in choice
    }
    most = 1 if custom_field.type == "single_select" else len(allowed)
    ids = [str(one) for one in chosen] if isinstance(chosen, list) else []
    if not ids or len(ids) > most or not set(ids) <= allowed:
        faults.append("choice_ids does not have a valid value")
    return {"choice_ids": list(dict.fromkeys(ids))}
