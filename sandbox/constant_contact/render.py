"""What is in the account, as the V3 API spells it in JSON. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.constant_contact.times import written

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from sandbox.constant_contact.model import (
        Contact,
        ContactList,
        CustomField,
        EmailAddress,
        Json,
        Tag,
    )


def _custom_fields(contact: Contact) -> list[Json]:
    return [
        {"custom_field_id": field_id, **value} for field_id, value in contact.custom_fields.items()
    ]


_SUBRESOURCES: dict[str, Callable[[Contact], list[Any]]] = {
    "custom_fields": _custom_fields,
    "list_memberships": lambda contact: list(contact.list_memberships),
    "phone_numbers": lambda contact: list(contact.phone_numbers),
    "street_addresses": lambda contact: list(contact.street_addresses),
    "taggings": lambda contact: list(contact.taggings),
    "notes": lambda contact: list(contact.notes),
}

INCLUDES = frozenset(_SUBRESOURCES)


def _email(email: EmailAddress) -> Json:
    out: Json = {
        "address": email.address,
        "permission_to_send": email.permission_to_send,
        "created_at": written(email.created_at),
        "updated_at": written(email.updated_at),
        "opt_in_source": email.opt_in_source,
        "opt_in_date": written(email.opt_in_date),
        "confirm_status": email.confirm_status,
    }
    if email.opt_out_source is not None and email.opt_out_date is not None:
        out["opt_out_source"] = email.opt_out_source
        out["opt_out_date"] = written(email.opt_out_date)
        if email.opt_out_reason is not None:
            out["opt_out_reason"] = email.opt_out_reason
    return out


def contact(contact: Contact, include: Collection[str] = INCLUDES) -> Json:
    """Return a contact resource; subresources only where named, absent values left out.

    Args:
        contact: The contact.
        include: Names of the subresources to show; those of writes are all shown.
    """
    out: Json = {"contact_id": contact.contact_id}
    if contact.email is not None:
        out["email_address"] = _email(contact.email)
    out.update(contact.core)
    out["create_source"] = contact.create_source
    if contact.update_source is not None:
        out["update_source"] = contact.update_source
    out["created_at"] = written(contact.created_at)
    out["updated_at"] = written(contact.updated_at)
    if contact.deleted_at is not None:
        out["deleted_at"] = contact.deleted_at.date().isoformat()
    for name, shown in _SUBRESOURCES.items():
        if name in include:
            out[name] = shown(contact)
    if contact.sms_channel is not None:
        out["sms_channel"] = contact.sms_channel
    return out


def contact_list(contact_list: ContactList, membership_count: int | None = None) -> Json:
    """Return a list resource, with the number of members where that was asked for."""
    out: Json = {"list_id": contact_list.list_id, "name": contact_list.name}
    if contact_list.description is not None:
        out["description"] = contact_list.description
    out["favorite"] = contact_list.favorite
    out["created_at"] = written(contact_list.created_at)
    out["updated_at"] = written(contact_list.updated_at)
    if contact_list.deleted_at is not None:
        out["deleted_at"] = written(contact_list.deleted_at)
    if membership_count is not None:
        out["membership_count"] = membership_count
    return out


def custom_field(custom_field: CustomField) -> Json:
    """Return a custom field resource."""
    out: Json = {
        "custom_field_id": custom_field.custom_field_id,
        "label": custom_field.label,
        "name": custom_field.name,
        "type": custom_field.type,
        "version": custom_field.version,
        "created_at": written(custom_field.created_at),
        "updated_at": written(custom_field.updated_at),
    }
    if custom_field.metadata:
        out["metadata"] = dict(custom_field.metadata)
    if custom_field.choices:
        out["choices"] = [dict(choice) for choice in custom_field.choices]
    return out


def tag(tag: Tag, contacts_count: int | None = None) -> Json:
    """Return a tag resource, with the number of its contacts where that was asked for."""
    out: Json = {"tag_id": tag.tag_id, "name": tag.name}
    if contacts_count is not None:
        out["contacts_count"] = contacts_count
    if tag.tag_source is not None:
        out["tag_source"] = tag.tag_source
    out["created_at"] = written(tag.created_at)
    out["updated_at"] = written(tag.updated_at)
    return out
