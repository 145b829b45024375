"""Custom fields of the account: at most a hundred, named by their label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.constant_contact import render
from sandbox.constant_contact.field_values import SELECTS
from sandbox.constant_contact.model import Account, CustomField
from sandbox.constant_contact.paging import next_link, open_cursor, read_limit
from sandbox.constant_contact.refusals import conflict, invalid, not_found
from sandbox.constant_contact.times import written

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.constant_contact.model import Json

LABEL_LENGTH = 50
MOST_FIELDS = 100
CHOICE_LENGTH = 255
MOST_CHOICES = 100
MOST_CHOICES_SHOWN = 20
"""Of radio buttons and check boxes."""
TYPES = SELECTS | {"string", "date", "datetime", "currency", "text_area", "number", "boolean"}
_TEXTS = frozenset({"string", "date"})
_METADATA: Mapping[str, type] = {
    "display_type": str,
    "allow_negative": bool,
    "decimal_places": int,
    "currency_code": str,
    "integer": bool,
    "display_format": str,
}


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
    kind, version = body.get("type"), body.get("version")
    if not isinstance(kind, str) or kind not in TYPES:
        raise invalid(["type does not have a valid value"])
    if version is not None and (type(version) is not int or version not in (1, 2)):
        raise invalid(["version does not have a valid value"])
    metadata = _read_metadata(body)
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
        type=kind,
        created_at=now,
        updated_at=now,
        version=version or (1 if kind in _TEXTS else 2),
        metadata=metadata,
    )
    custom_field.choices = _read_choices(account, custom_field, body, now)
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
    label = custom_field.label if body.get("label") is None else _read_label(body)
    name = _name(label)
    if any(one.name == name and one is not custom_field for one in account.custom_fields.values()):
        raise conflict("custom field label is not unique")
    if body.get("type", custom_field.type) != custom_field.type:
        raise invalid(["type cannot be changed"])
    if body.get("choices") is not None:
        custom_field.choices = _read_choices(account, custom_field, body, now)
        _drop_choices(account, custom_field)
    custom_field.label, custom_field.name, custom_field.updated_at = label, name, now
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


def _read_metadata(body: Mapping[str, Any]) -> Json:
    metadata = body.get("metadata")
    if metadata is None:
        return {}
    if not isinstance(metadata, dict):
        raise invalid(["metadata does not have a valid value"])
    faults = [
        f"metadata.{name} does not have a valid value"
        for name, kind in _METADATA.items()
        if metadata.get(name) is not None and type(metadata[name]) is not kind
    ]
    if faults:
        raise invalid(faults)
    return {name: metadata[name] for name in _METADATA if metadata.get(name) is not None}


def _read_choices(
    account: Account, custom_field: CustomField, body: Mapping[str, Any], now: datetime
) -> list[Json]:
    """Return the choices of a select; those that keep their id keep their time of creation."""
    if custom_field.type not in SELECTS:
        return []
    choices = body.get("choices")
    is_shown = custom_field.metadata.get("display_type") in {"radio", "checkbox"}
    most = MOST_CHOICES_SHOWN if is_shown else MOST_CHOICES
    if not isinstance(choices, list) or not 1 <= len(choices) <= most:
        raise invalid([f"choices size must be between 1 and {most}"])
    before = {choice["choice_id"]: choice for choice in custom_field.choices}
    out = []
    for order, item in enumerate(choices, start=1):
        known = _read_choice(item, before)
        out.append(
            {
                "custom_field_id": custom_field.custom_field_id,
                "choice_id": known.get("choice_id") or account.new_number(),
                "choice_label": item["choice_label"],
                "display_order": item.get("display_order") or order,
                "created_at": known.get("created_at", written(now)),
                "updated_at": written(now),
            }
        )
    return out


def _read_choice(item: object, before: Mapping[int, Json]) -> Json:
    """Return the choice that an item changes, empty for a new one.

    Raises:
        Refusal: 400 for an item that is no choice.
    """
    label = item.get("choice_label") if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(label, str) or not label:
        raise invalid(["choice_label is missing"])
    if len(label) > CHOICE_LENGTH:
        raise invalid([f"choice_label length must be between 1 and {CHOICE_LENGTH}"])
    for name in ("choice_id", "display_order"):
        if item.get(name) is not None and type(item[name]) is not int:
            raise invalid([f"{name} does not have a valid value"])
    choice_id = item.get("choice_id")
    if choice_id is None:
        return {}
    if choice_id not in before:
        raise invalid(["choice_id does not have a valid value"])
    return before[choice_id]


def _drop_choices(account: Account, custom_field: CustomField) -> None:
    """Take choices that are no longer there from the contacts that had them."""
    field_id = custom_field.custom_field_id
    left = {str(choice["choice_id"]) for choice in custom_field.choices}
    for contact in account.contacts.values():
        chosen = contact.custom_fields.get(field_id, {}).get("choice_ids")
        if chosen is None or left.issuperset(chosen):
            continue
        kept = [one for one in chosen if one in left]
        if kept:
            contact.custom_fields[field_id] = {"choice_ids": kept}
        else:
            del contact.custom_fields[field_id]
