"""What a caller may do to contacts: create, replace, delete, revive, opt out and back in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from sandbox.constant_contact import subresources
from sandbox.constant_contact.model import Account, Contact, EmailAddress, address_key
from sandbox.constant_contact.refusals import conflict, invalid, not_found
from sandbox.constant_contact.validation import (
    MOST_CUSTOM_FIELDS,
    ContactParts,
    Known,
    read_contact,
    read_ids,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.constant_contact.model import Json, Source
    from sandbox.constant_contact.policy import Policy

_NOT_UNIQUE = "Validation failed: EmailAddress is not unique"
_OWN_OPT_OUT = "email_address.permission_to_send cannot be changed: the contact has opted out"


def find(account: Account, contact_id: str) -> Contact:
    """Return a contact, deleted or not.

    Raises:
        Refusal: 404. The vendor gives an id that is no UUID the same answer.
    """
    contact = account.contacts.get(contact_id)
    if contact is None:
        raise not_found(f"contact_id {contact_id}")
    return contact


def create(account: Account, policy: Policy, body: Mapping[str, Any], now: datetime) -> Contact:
    """Create a contact; an address that any contact has, even a deleted one, is a conflict.

    Raises:
        Refusal: 400 or 409.
    """
    parts = _read(account, policy, body, "create_source")
    named = parts.core.keys() & {"first_name", "last_name"}
    if not named and parts.email is None and parts.sms_channel is None:
        raise invalid(["one of first_name, last_name, email_address, sms_channel is required"])
    if parts.email is not None and account.contact_with(parts.email["address"]) is not None:
        raise conflict(_NOT_UNIQUE)
    return take_in(account, policy, parts, body["create_source"], now)


def take_in(
    account: Account, policy: Policy, parts: ContactParts, source: Source, now: datetime
) -> Contact:
    """Make a contact of parts without fault, whose address is free."""
    contact = Contact(
        number=account.new_number(),
        contact_id=account.new_id(),
        email=None if parts.email is None else _new_email(parts.email, source, now),
        core=parts.core,
        created_at=now,
        updated_at=now,
        create_source=source,
    )
    subresources.replace(account, contact, parts, source, now)
    strip_lists(policy, contact)
    account.add(contact)
    return contact


def replace(
    account: Account, policy: Policy, contact_id: str, body: Mapping[str, Any], now: datetime
) -> Contact:
    """Replace a contact: core properties left out are cleared, subresources left out are kept.

    A deleted contact comes back when `update_source` is Account and lists are named; otherwise it
    takes the values and stays deleted.

    Raises:
        Refusal: 400, 404 or 409.
    """
    contact = find(account, contact_id)
    parts = _read(account, policy, body, "update_source")
    source: Source = body["update_source"]
    if parts.email is not None:
        holder = account.contact_with(parts.email["address"])
        if holder is not None and holder is not contact:
            raise conflict(_NOT_UNIQUE)
        _check_permission(policy, contact, parts.email, source)
    contact.core = parts.core
    contact.update_source = source
    contact.updated_at = now
    if parts.email is not None:
        _replace_email(account, contact, parts.email, source, now)
    if contact.deleted_at is not None:
        if source == "Account" and parts.list_memberships:
            contact.deleted_at = None
        else:
            parts.list_memberships = None
    subresources.replace(account, contact, parts, source, now)
    strip_lists(policy, contact)
    return contact


def delete(account: Account, contact_id: str, now: datetime) -> bool:
    """Delete a contact: it leaves its lists and stays in the account, its permission unchanged.

    Returns:
        Whether it was there; deleting it again is answered in the same way and does nothing.

    Raises:
        Refusal: 404.
    """
    contact = find(account, contact_id)
    if contact.deleted_at is not None:
        return False
    contact.deleted_at = contact.updated_at = now
    contact.list_memberships = []
    return True


def resubscribe(account: Account, contact_id: str, body: Mapping[str, Any]) -> None:
    """Mail the one confirmation that an unsubscribed contact can ever get.

    Raises:
        Refusal: 400, 404, or 409 where there is nothing to confirm or the mail has gone out.
    """
    contact = find(account, contact_id)
    items = body.get("list_ids")
    faults: list[str] = []
    list_ids = read_ids(
        items if isinstance(items, list) else [], "list_ids", account.has_list, faults
    )
    if not list_ids:
        faults.append("list_ids is missing")
    if faults:
        raise invalid(faults)
    if contact.email is None or not contact.email.is_unsubscribed:
        raise conflict("the contact is not unsubscribed")
    if contact.is_asked_to_confirm:
        raise conflict("a confirmation has been sent to this contact")
    contact.is_asked_to_confirm = True
    contact.confirmation_list_ids = list_ids
    contact.email.confirm_status = "pending"


def opt_out(
    contact: Contact, policy: Policy, source: Source, reason: str | None, now: datetime
) -> None:
    """Unsubscribe an address; the caller says whose act it was."""
    email = cast("EmailAddress", contact.email)
    email.permission_to_send = "unsubscribed"
    email.opt_out_source, email.opt_out_date, email.opt_out_reason = source, now, reason
    email.updated_at = now
    strip_lists(policy, contact)


def opt_in(contact: Contact, permission: str, source: Source, now: datetime) -> None:
    """Make an address mailable again."""
    email = cast("EmailAddress", contact.email)
    email.permission_to_send = permission
    email.opt_out_source = email.opt_out_date = email.opt_out_reason = None
    email.opt_in_date = email.updated_at = now
    if source == "Contact":
        email.opt_in_source = "Contact"


def read_parts(
    account: Account,
    policy: Policy,
    body: Mapping[str, Any],
    source: str,
    *,
    most_custom_fields: int = MOST_CUSTOM_FIELDS,
) -> ContactParts:
    """Return what a body says of a contact of this account, with all that is wrong with it."""
    known = Known(
        has_list=account.has_list,
        has_tag=account.tags.__contains__,
        custom_fields=account.custom_fields,
    )
    parts = read_contact(body, known, source=source, most_custom_fields=most_custom_fields)
    if policy.first_name_refuses_periods and "." in (parts.core.get("first_name") or ""):
        parts.faults.append("first_name does not have a valid value")
    return parts


def _read(account: Account, policy: Policy, body: Mapping[str, Any], source: str) -> ContactParts:
    parts = read_parts(account, policy, body, source)
    if parts.faults:
        raise invalid(parts.faults)
    return parts


def _new_email(email: Json, source: Source, now: datetime) -> EmailAddress:
    permission = email["permission_to_send"] or "implicit"
    is_out = permission == "unsubscribed"
    return EmailAddress(
        address=email["address"],
        permission_to_send=permission,
        created_at=now,
        updated_at=now,
        opt_in_source=source,
        opt_in_date=now,
        opt_out_source=source if is_out else None,
        opt_out_date=now if is_out else None,
        opt_out_reason=email["opt_out_reason"] if is_out else None,
    )


def _check_permission(policy: Policy, contact: Contact, sent: Json, source: Source) -> None:
    """Refuse to lift what the person opted out of, unless the person is said to ask for it."""
    email, permission = contact.email, sent["permission_to_send"]
    if permission == "temp_hold" and (email is None or email.permission_to_send != "temp_hold"):
        raise invalid(["email_address.permission_to_send does not have a valid value"])
    if email is None or not email.is_unsubscribed or permission in {None, "unsubscribed"}:
        return
    if email.opt_out_source == "Account":
        return
    is_own_act = source == "Contact" and permission == "explicit"
    if not is_own_act and not (source == "Account" and policy.account_lifts_own_opt_out):
        raise invalid([_OWN_OPT_OUT])


def _replace_email(
    account: Account, contact: Contact, sent: Json, source: Source, now: datetime
) -> None:
    email = contact.email
    if email is None:
        contact.email = _new_email(sent, source, now)
        account.move_address(contact, None)
        return
    before = email.address
    if sent["address"] != before:
        email.address, email.updated_at = sent["address"], now
        if address_key(before) != address_key(sent["address"]):
            account.move_address(contact, before)
    permission = sent["permission_to_send"] or email.permission_to_send
    if permission == "unsubscribed":
        if not email.is_unsubscribed:
            email.permission_to_send = "unsubscribed"
            email.opt_out_source, email.opt_out_date = source, now
            email.opt_out_reason, email.updated_at = sent["opt_out_reason"], now
    elif email.is_unsubscribed:
        opt_in(contact, permission, source, now)
    elif permission != email.permission_to_send:
        email.permission_to_send, email.updated_at = permission, now


def strip_lists(policy: Policy, contact: Contact) -> None:
    """Take an unsubscribed contact off its lists, where the account is set to do so."""
    if policy.opt_out_strips_lists and contact.email and contact.email.is_unsubscribed:
        contact.list_memberships = []
