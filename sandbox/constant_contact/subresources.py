"""The parts of a contact beside its core: put in whole, or added to those that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.constant_contact import sms
from sandbox.constant_contact.times import written
from sandbox.constant_contact.validation import (
    MOST_CUSTOM_FIELDS,
    MOST_LISTS,
    MOST_PHONES,
    MOST_STREETS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sandbox.constant_contact.model import Account, Contact, Json, Source
    from sandbox.constant_contact.validation import ContactParts

_PHONE: Final = ("phone_number", "kind")
_STREET: Final = ("kind", "street", "city", "state", "postal_code", "country")


def replace(
    account: Account, contact: Contact, parts: ContactParts, source: Source, now: datetime
) -> None:
    """Put in the subresources that were sent; each replaces the whole former one."""
    stamps = {"created_at": written(now), "updated_at": written(now)}
    if parts.custom_fields is not None:
        contact.custom_fields = parts.custom_fields
    if parts.phone_numbers is not None:
        contact.phone_numbers = [
            {
                "phone_number_id": account.new_id(),
                **phone,
                **stamps,
                "create_source": source,
                "update_source": source,
            }
            for phone in parts.phone_numbers
        ]
    if parts.street_addresses is not None:
        contact.street_addresses = [
            {"street_address_id": account.new_id(), **street, **stamps}
            for street in parts.street_addresses
        ]
    if parts.notes is not None:
        contact.notes = _notes(account, contact, parts.notes, now)
    if parts.sms_channel is not None:
        ids = {"sms_channel_id": account.new_id(), "source": source}
        contact.sms_channel = sms.stored(parts.sms_channel, contact.sms_channel, ids, now)
    if parts.list_memberships is not None:
        contact.list_memberships = parts.list_memberships
    if parts.taggings is not None:
        contact.taggings = parts.taggings


def _notes(account: Account, contact: Contact, sent: list[Json], now: datetime) -> list[Json]:
    """Return the notes, newest first; one that keeps its id keeps its time."""
    before = {note["note_id"]: note["created_at"] for note in contact.notes}
    notes = [
        {
            "note_id": note["note_id"] if is_known else account.new_id(),
            "created_at": before[note["note_id"]] if is_known else written(now),
            "content": note["content"],
        }
        for note in sent
        for is_known in (isinstance(note["note_id"], str) and note["note_id"] in before,)
    ]
    return sorted(notes, key=lambda note: note["created_at"], reverse=True)


def merge(
    contact: Contact, parts: ContactParts, *, most_custom_fields: int = MOST_CUSTOM_FIELDS
) -> list[str]:
    """Let the parts add to what the contact has, so that `replace` loses nothing.

    Lists and custom fields are added; a phone number or an address takes the place of the one of
    its kind; what an address leaves out stays.

    Returns:
        What would be too much for one contact; then nothing is to be put in.
    """
    if parts.custom_fields is not None:
        parts.custom_fields = contact.custom_fields | parts.custom_fields
    if parts.list_memberships is not None:
        joined = [*contact.list_memberships, *parts.list_memberships]
        parts.list_memberships = list(dict.fromkeys(joined))
    if parts.phone_numbers is not None:
        parts.phone_numbers = _by_kind(contact.phone_numbers, parts.phone_numbers, _PHONE)
    if parts.street_addresses is not None:
        parts.street_addresses = _by_kind(contact.street_addresses, parts.street_addresses, _STREET)
    sizes = (
        ("custom_fields", parts.custom_fields, most_custom_fields),
        ("list_memberships", parts.list_memberships, MOST_LISTS),
        ("phone_numbers", parts.phone_numbers, MOST_PHONES),
        ("street_addresses", parts.street_addresses, MOST_STREETS),
    )
    return [
        f"{name} size must be between 0 and {most}"
        for name, part, most in sizes
        if part is not None and len(part) > most
    ]


def _by_kind(before: Iterable[Json], sent: Iterable[Json], names: tuple[str, ...]) -> list[Json]:
    found: dict[str, Json] = {
        one["kind"]: {name: one[name] for name in names if name in one} for one in before
    }
    for one in sent:
        found[one["kind"]] = {**found.get(one["kind"], {}), **one}
    return list(found.values())
