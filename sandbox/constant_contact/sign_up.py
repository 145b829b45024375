"""The sign-up form: creates or updates by address. It is the person's own act by contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.constant_contact import contacts
from sandbox.constant_contact.refusals import invalid
from sandbox.constant_contact.validation import MOST_LISTS, read_contact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.constant_contact.model import Account, Json
    from sandbox.constant_contact.policy import Policy

_ADDRESS_LENGTH = 50  # here; 80 elsewhere


def sign_up(
    account: Account, policy: Policy, body: Mapping[str, Any], now: datetime
) -> tuple[bool, Json]:
    """Create or update a contact by its address; returns whether it is new, and the answer.

    An existing contact is set to `explicit` even when it had unsubscribed, a deleted one comes
    back; properties that are not sent are kept, lists and custom fields are added.

    Raises:
        Refusal: 400.
    """
    full = _as_contact(account, body)
    email: str = full["email_address"]["address"]
    contact = account.contact_with(email)
    if contact is None:
        full["email_address"]["permission_to_send"] = "explicit"
        created = contacts.create(account, policy, full, now)
        return True, {"contact_id": created.contact_id, "action": "created"}
    sent = read_contact(
        full,
        source="create_source",
        has_list=account.has_list,
        custom_fields=account.custom_fields,
    )
    contact.core |= sent.core
    sent.custom_fields = contact.custom_fields | (sent.custom_fields or {})
    sent.list_memberships = list(
        dict.fromkeys([*contact.list_memberships, *(sent.list_memberships or [])])
    )
    contacts.replace_subresources(account, contact, sent, "Contact", now)
    contact.deleted_at = None
    contact.update_source, contact.updated_at = "Contact", now
    contacts.opt_in(contact, "explicit", "Contact", now)
    return False, {"contact_id": contact.contact_id, "action": "updated"}


def _as_contact(account: Account, body: Mapping[str, Any]) -> Json:
    """Return the form's flat body as a contact's body, or refuse it."""
    full: Json = {**body, "create_source": "Contact"}
    faults: list[str] = []
    address = body.get("email_address")
    if not isinstance(address, str) or len(address) > _ADDRESS_LENGTH:
        faults.append("email_address does not have a valid value")
    full["email_address"] = {"address": address}
    list_ids = body.get("list_memberships")
    if not isinstance(list_ids, list) or not 1 <= len(list_ids) <= MOST_LISTS:
        faults.append(f"list_memberships size must be between 1 and {MOST_LISTS}")
    full.pop("phone_numbers", None)
    if isinstance(body.get("phone_number"), str):
        full["phone_numbers"] = [{"phone_number": body["phone_number"], "kind": "other"}]
    full.pop("street_addresses", None)
    if isinstance(body.get("street_address"), dict):
        full["street_addresses"] = [body["street_address"]]
    if not faults:
        faults = read_contact(
            full,
            source="create_source",
            has_list=account.has_list,
            custom_fields=account.custom_fields,
        ).faults
    if faults:
        raise invalid(faults)
    return full
