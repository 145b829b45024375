"""Custom fields of the account: at most a hundred, named by their label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.constant_contact import render
from sandbox.constant_contact.model import Account, CustomField
from sandbox.constant_contact.paging import next_link, open_cursor, read_limit
from sandbox.constant_contact.refusals import conflict, invalid, not_found

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.constant_contact.model import Json

LABEL_LENGTH = 50
MOST_FIELDS = 100
MOST_CHOICES = 100
SELECTS = frozenset({"single_select", "multi_select"})
TYPES = SELECTS | {"string", "date", "datetime", "currency", "text_area", "number", "boolean"}


def find(account: Account, custom_field_id: str) -> CustomField:
    """Return a custom field.

    Raises:
        Refusal: 404.
    """
    custom_field = account.custom_fields.get(custom_field_id)
    if custom_field is None:
        raise not_found(f"custom_field_id {custom_field_id}")
    return custom_field


def create(account: Account, body: Mapping[str, Any], now: datetime) -> CustomField:
    """Create a custom field.

    Raises:
        Refusal: 400, or 409 where another field has the name that the label gives.
    """
    label = _read_label(body)
    if body.get("type") not in TYPES:
        raise invalid(["type does not have a valid value"])
    name = _name(label)
    if any(one.name == name for one in account.custom_fields.values()):
        raise conflict("custom field label is not unique")
    if len(account.custom_fields) >= MOST_FIELDS:
        raise invalid([f"an account has at most {MOST_FIELDS} custom fields"])
    custom_field = CustomField(
        number=account.new_number(),
        custom_field_id=account.new_id(),
        label=label,
        name=name,
        type=body["type"],
        created_at=now,
        updated_at=now,
    )
    custom_field.choices = _read_choices(account, custom_field, body)
    account.custom_fields[custom_field.custom_field_id] = custom_field
    return custom_field


def replace(
    account: Account, custom_field_id: str, body: Mapping[str, Any], now: datetime
) -> CustomField:
    """Change label and choices of a custom field; its type cannot change.

    Raises:
        Refusal: 400, 404 or 409.
    """
    custom_field = find(account, custom_field_id)
    label = _read_label(body)
    name = _name(label)
    if any(one.name == name and one is not custom_field for one in account.custom_fields.values()):
        raise conflict("custom field label is not unique")
    custom_field.label, custom_field.name, custom_field.updated_at = label, name, now
    if "choices" in body:
        custom_field.choices = _read_choices(account, custom_field, body)
    return custom_field


def delete(account: Account, custom_field_id: str) -> None:
    """Delete a custom field and its values.

    Raises:
        Refusal: 404.
    """
    find(account, custom_field_id)
    del account.custom_fields[custom_field_id]
    for contact in account.contacts.values():
        contact.custom_fields.pop(custom_field_id, None)


def search(account: Account, query: Mapping[str, str], now: datetime) -> Json:
    """Return one page of custom fields, in the order of creation.

    Raises:
        Refusal: 400.
    """
    at = now.timestamp()
    query, position = open_cursor(query, at)
    limit = read_limit(query, default=50, most=100)
    rest = [one for one in account.custom_fields.values() if one.number > position]
    out: Json = {"custom_fields": [render.custom_field(one) for one in rest[:limit]]}
    if len(rest) > limit:
        out["_links"] = next_link("/v3/contact_custom_fields", query, rest[limit - 1].number, at)
    return out


def _name(label: str) -> str:
    return label.lower().replace(" ", "_")


def _read_label(body: Mapping[str, Any]) -> str:
    label = body.get("label")
    if not isinstance(label, str) or not label.strip():
        raise invalid(["label is missing"])
    if len(label) > LABEL_LENGTH:
        raise invalid([f"label length must be between 1 and {LABEL_LENGTH}"])
    return label.strip()


def _read_choices(
    account: Account, custom_field: CustomField, body: Mapping[str, Any]
) -> list[Json]:
    choices = body.get("choices") or []
    if custom_field.type not in SELECTS:
        return []
    if (
        not isinstance(choices, list)
        or not 1 <= len(choices) <= MOST_CHOICES
        or not all(isinstance(one, dict) and one.get("choice_label") for one in choices)
    ):
        raise invalid(["choices does not have a valid value"])
    return [
        {
            "custom_field_id": custom_field.custom_field_id,
            "choice_id": one.get("choice_id") or account.new_number(),
            "choice_label": one["choice_label"],
            "display_order": order,
        }
        for order, one in enumerate(choices, start=1)
    ]
