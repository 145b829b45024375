"""The sign-up form: creates or updates by address. It is the person's own act by contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.constant_contact import contacts, subresources
from sandbox.constant_contact.refusals import invalid
from sandbox.constant_contact.validation import MOST_LISTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.constant_contact.model import Account, Json
    from sandbox.constant_contact.policy import Policy
    from sandbox.constant_contact.validation import ContactParts

_ADDRESS_LENGTH = 50  # here; 80 elsewhere
_MOST_CUSTOM_FIELDS = 50  # here; 25 elsewhere
_NOT_HERE = frozenset({"phone_numbers", "street_addresses", "notes", "taggings"})


def sign_up(
    account: Account, policy: Policy, body: Mapping[str, Any], now: datetime
) -> tuple[bool, Json]:
    """Create or update a contact by its address; returns whether it is new, and the answer.

    An existing contact is set to `explicit` even when it had unsubscribed, a deleted one comes
    back; properties that are not sent are kept, lists and custom fields are added.

    Raises:
        Refusal: 400.
    """
    parts = _read(account, policy, body)
    address: str = body["email_address"].strip()
    contact = account.contact_with(address)
    if contact is None:
        permission = "pending_confirmation" if policy.confirmed_opt_in else "explicit"
        parts.email = {
            "address": address,
            "permission_to_send": permission,
            "opt_out_reason": None,
        }
        created = contacts.take_in(account, policy, parts, "Contact", now)
        if created.email is not None and policy.confirmed_opt_in:
            created.email.confirm_status = "pending"
        return True, {"contact_id": created.contact_id, "action": "created"}
    too_much = subresources.merge(contact, parts, most_custom_fields=_MOST_CUSTOM_FIELDS)
    if too_much:
        raise invalid(too_much)
    contact.core |= parts.core
    subresources.replace(account, contact, parts, "Contact", now)
    contact.deleted_at = None
    contact.update_source, contact.updated_at = "Contact", now
    contacts.opt_in(contact, "explicit", "Contact", now)
    return False, {"contact_id": contact.contact_id, "action": "updated"}


def _read(account: Account, policy: Policy, body: Mapping[str, Any]) -> ContactParts:
    """Return the parts of the form's flat body; what the form does not have is ignored.

    Raises:
        Refusal: 400.
    """
    address, phone, street = (
        body.get(name) for name in ("email_address", "phone_number", "street_address")
    )
    full: Json = {name: value for name, value in body.items() if name not in _NOT_HERE}
    full |= {"create_source": "Contact", "email_address": {"address": address}}
    faults: list[str] = []
    if not isinstance(address, str) or len(address) > _ADDRESS_LENGTH:
        faults.append("email_address does not have a valid value")
    list_ids = body.get("list_memberships")
    if not isinstance(list_ids, list) or not 1 <= len(list_ids) <= MOST_LISTS:
        faults.append(f"list_memberships size must be between 1 and {MOST_LISTS}")
    if phone is not None:
        full["phone_numbers"] = [{"phone_number": phone, "kind": "other"}]
    if street is not None:
        full["street_addresses"] = [street]
    parts = contacts.read_parts(
        account, policy, full, "create_source", most_custom_fields=_MOST_CUSTOM_FIELDS
    )
    if faults or parts.faults:
        raise invalid(faults or parts.faults)
    return parts
