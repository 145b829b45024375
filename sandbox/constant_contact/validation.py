"""What a contact may look like: the body of a write in, its parts or every fault out. Pure.

Limits are those of the V3 reference (`ContactResource`). Properties that the reference marks as
read-only, and unknown ones, are ignored: a caller may send back what it read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sandbox.constant_contact.field_values import read_field
from sandbox.constant_contact.sms import read_channel
from sandbox.constant_contact.times import is_day_of_month, read_anniversary

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sandbox.constant_contact.model import CustomField, Json

CORE_LENGTHS: Final = {"first_name": 50, "last_name": 50, "job_title": 50, "company_name": 50}
STREET_LENGTHS: Final = {
    "street": 255,
    "city": 50,
    "state": 50,
    "postal_code": 50,
    "country": 50,
}
SOURCES: Final = ("Contact", "Account")
PERMISSIONS: Final = (
    "explicit",
    "implicit",
    "not_set",
    "pending_confirmation",
    "temp_hold",
    "unsubscribed",
)
PHONE_KINDS: Final = ("home", "work", "mobile", "other")
STREET_KINDS: Final = ("home", "work", "other")
MOST_CUSTOM_FIELDS: Final = 25
MOST_PHONES: Final = 3
MOST_STREETS: Final = 3
MOST_LISTS: Final = 50
MOST_TAGS: Final = 50
MOST_NOTES: Final = 150
PHONE_LENGTH: Final = 25
NOTE_LENGTH: Final = 2000
REASON_LENGTH: Final = 255
ADDRESS_LENGTH: Final = 80
_ADDRESS = re.compile(r"[^@\s,;<>()\"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a contact may refer to.

    Attributes:
        has_list: Whether a list exists and is not deleted.
        has_tag: Whether a tag exists.
        custom_fields: The account's custom fields by id.
    """

    has_list: Callable[[str], bool]
    has_tag: Callable[[str], bool]
    custom_fields: Mapping[str, CustomField]


@dataclass
class ContactParts:
    """The readable parts of a body; a part that was not sent is None.

    Attributes:
        faults: Why the body cannot be taken; parts at fault are missing from the rest.
    """

    core: Json = field(default_factory=dict)
    email: Json | None = None
    custom_fields: dict[str, Json] | None = None
    phone_numbers: list[Json] | None = None
    street_addresses: list[Json] | None = None
    list_memberships: list[str] | None = None
    taggings: list[str] | None = None
    notes: list[Json] | None = None
    sms_channel: Json | None = None
    faults: list[str] = field(default_factory=list)


def read_contact(
    body: Mapping[str, Any],
    known: Known,
    *,
    source: str,
    most_custom_fields: int = MOST_CUSTOM_FIELDS,
) -> ContactParts:
    """Return the parts of a contact that a caller sends, and all that is wrong with them.

    Args:
        body: The JSON object.
        known: What there is in the account.
        source: The property that must say who acts: `create_source` or `update_source`.
        most_custom_fields: How many custom fields one call may name.
    """
    parts = ContactParts()
    faults = parts.faults
    if body.get(source) is None:
        faults += [f"{source} is missing", f"{source} does not have a valid value"]
    elif body[source] not in SOURCES:
        faults.append(f"{source} does not have a valid value")
    parts.core = _core(body, faults)
    if body.get("email_address") is not None:
        parts.email = _email(body["email_address"], faults)
    if body.get("sms_channel") is not None:
        parts.sms_channel = read_channel(body["sms_channel"], faults)
    if (items := _array(body, "custom_fields", most_custom_fields, faults)) is not None:
        parts.custom_fields = _custom_fields(items, known.custom_fields, faults)
    _read_subresources(parts, body, known)
    return parts


def _read_subresources(parts: ContactParts, body: Mapping[str, Any], known: Known) -> None:
    faults = parts.faults
    if (items := _array(body, "phone_numbers", MOST_PHONES, faults)) is not None:
        parts.phone_numbers = [_phone(item, faults) for item in items]
    if (items := _array(body, "street_addresses", MOST_STREETS, faults)) is not None:
        parts.street_addresses = [_street(item, faults) for item in items]
    if (items := _array(body, "list_memberships", MOST_LISTS, faults)) is not None:
        parts.list_memberships = read_ids(items, "list_memberships", known.has_list, faults)
    if (items := _array(body, "taggings", MOST_TAGS, faults)) is not None:
        parts.taggings = read_ids(items, "taggings", known.has_tag, faults)
    if (items := _array(body, "notes", MOST_NOTES, faults)) is not None:
        parts.notes = [_note(item, faults) for item in items]


def read_ids(
    items: list[Any], name: str, is_there: Callable[[str], bool], faults: list[str]
) -> list[str]:
    """Return ids, each once, in order; unknown ones become faults."""
    known = [item for item in items if isinstance(item, str) and is_there(item)]
    if len(known) != len(items):
        faults.append(f"{name} contains an id that does not exist")
    return list(dict.fromkeys(known))


def is_address(text: str) -> bool:
    """Tell whether a text can be a contact's address.

    >>> is_address("ada@example.org"), is_address("ada@example"), is_address("a b@example.org")
    (True, False, False)
    """
    return len(text) <= ADDRESS_LENGTH and _ADDRESS.fullmatch(text.strip()) is not None


def _array(body: Mapping[str, Any], name: str, most: int, faults: list[str]) -> list[Any] | None:
    """Return a subresource, or None where it is not sent: then the contact keeps it."""
    items = body.get(name)
    if items is None:
        return None
    if not isinstance(items, list):
        faults.append(f"{name} does not have a valid value")
        return None
    if len(items) > most:
        faults.append(f"{name} size must be between 0 and {most}")
    return items


def _text(
    item: Mapping[str, Any], name: str, most: int, faults: list[str], *, label: str | None = None
) -> str | None:
    value = item.get(name)
    if value is None:
        return None
    label = label or name
    if not isinstance(value, str):
        faults.append(f"{label} does not have a valid value")
        return None
    if len(value) > most:
        faults.append(f"{label} length must be between 0 and {most}")
        return None
    return value or None


def _one_of(
    item: Mapping[str, Any], name: str, allowed: Collection[str], faults: list[str], label: str
) -> str | None:
    value = item.get(name)
    if value is not None and value not in allowed:
        faults.append(f"{label} does not have a valid value")
        return None
    return value


def _core(body: Mapping[str, Any], faults: list[str]) -> Json:
    core: Json = {name: _text(body, name, most, faults) for name, most in CORE_LENGTHS.items()}
    month, day = body.get("birthday_month"), body.get("birthday_day")
    if (month is None) != (day is None):
        faults.append("birthday_month and birthday_day must both be set")
    elif month is not None:
        if type(month) is int and type(day) is int and is_day_of_month(month, day):
            core |= {"birthday_month": month, "birthday_day": day}
        else:
            faults.append("birthday_month and birthday_day do not have a valid value")
    if (anniversary := _text(body, "anniversary", 10, faults)) is not None:
        core["anniversary"] = read_anniversary(anniversary)
        if core["anniversary"] is None:
            faults.append("anniversary does not have a valid value")
    return {name: value for name, value in core.items() if value is not None}


def _email(item: object, faults: list[str]) -> Json | None:
    if not isinstance(item, dict):
        faults.append("email_address does not have a valid value")
        return None
    address = item.get("address")
    if not isinstance(address, str) or not is_address(address):
        faults.append("email_address.address does not have a valid value")
        return None
    label = "email_address.permission_to_send"
    return {
        "address": address.strip(),
        "permission_to_send": _one_of(item, "permission_to_send", PERMISSIONS, faults, label),
        "opt_out_reason": _text(item, "opt_out_reason", REASON_LENGTH, faults),
    }


def _custom_fields(
    items: list[Any], known: Mapping[str, CustomField], faults: list[str]
) -> dict[str, Json]:
    values: dict[str, Json] = {}
    for item in items:
        field_id = item.get("custom_field_id") if isinstance(item, dict) else None
        custom_field = known.get(field_id) if isinstance(field_id, str) else None
        if custom_field is None:
            faults.append("custom_field_id does not have a valid value")
        else:
            values[custom_field.custom_field_id] = read_field(item, custom_field, faults)
    return values


def _phone(item: object, faults: list[str]) -> Json:
    if not isinstance(item, dict):
        faults.append("phone_numbers does not have a valid value")
        return {}
    number = _text(item, "phone_number", PHONE_LENGTH, faults)
    if number is None:
        faults.append("phone_number is missing")
    kind = _one_of(item, "kind", PHONE_KINDS, faults, "phone_numbers.kind")
    return {"phone_number": number, "kind": kind or "other"}


def _street(item: object, faults: list[str]) -> Json:
    if not isinstance(item, dict):
        faults.append("street_addresses does not have a valid value")
        return {}
    if item.get("kind") is None:
        faults.append("street_addresses.kind is missing")
    street = {"kind": _one_of(item, "kind", STREET_KINDS, faults, "street_addresses.kind")}
    for name, most in STREET_LENGTHS.items():
        if (value := _text(item, name, most, faults)) is not None:
            street[name] = value
    return street


def _note(item: object, faults: list[str]) -> Json:
    """Return a note; one that was read keeps its id and its time when it is sent back."""
    content = _text(item, "content", NOTE_LENGTH, faults) if isinstance(item, dict) else None
    if not isinstance(item, dict) or content is None:
        faults.append("notes.content is missing")
        return {}
    return {"note_id": item.get("note_id"), "content": content}
