"""The persons' own acts: what happens at Constant Contact without any API call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.constant_contact import contacts

if TYPE_CHECKING:
    from datetime import datetime

    from sandbox.constant_contact.model import Account, Contact
    from sandbox.constant_contact.policy import Policy

_UNSUBSCRIBED_REASON = "No longer interested"


class NobodyThere(LookupError):
    """No contact, list or membership that the act needs; the message names it."""


def unsubscribe(
    account: Account, policy: Policy, email: str, now: datetime, reason: str | None = None
) -> None:
    """A recipient clicks *Unsubscribe*: the contact's own `updated_at` does not move.

    Raises:
        NobodyThere: If no contact has the address.
    """
    contact = recipient(account, email)
    if contact.email is None or contact.email.is_unsubscribed:
        return
    contacts.opt_out(contact, policy, "Contact", reason or _UNSUBSCRIBED_REASON, now)
    contact.update_source = "Contact"


def leave_list(account: Account, email: str, list_id: str, now: datetime) -> None:
    """A recipient leaves one list through *Update profile*.

    Raises:
        NobodyThere: If no contact has the address, or the contact is not on the list.
    """
    contact = recipient(account, email)
    if list_id not in contact.list_memberships:
        message = f"that contact is not on the list {list_id}"
        raise NobodyThere(message)
    contact.list_memberships = [one for one in contact.list_memberships if one != list_id]
    contact.update_source, contact.updated_at = "Contact", now


def confirm(account: Account, email: str, now: datetime) -> None:
    """A recipient clicks the link of the confirmation mail: subscribed, and on its lists.

    Raises:
        NobodyThere: If no confirmation waits for this address.
    """
    contact = recipient(account, email)
    if not contact.confirmation_list_ids or contact.email is None:
        message = "no confirmation mail waits for that contact"
        raise NobodyThere(message)
    contacts.opt_in(contact, "explicit", "Contact", now)
    contact.email.confirm_status = "confirmed"
    contact.list_memberships = list(
        dict.fromkeys([*contact.list_memberships, *contact.confirmation_list_ids])
    )
    contact.confirmation_list_ids = []
    contact.update_source, contact.updated_at = "Contact", now


def recipient(account: Account, email: str) -> Contact:
    """Return the contact of an address, deleted or not.

    Raises:
        NobodyThere: If no contact has the address.
    """
    contact = account.contact_with(email)
    if contact is None:
        message = "no contact has that address"
        raise NobodyThere(message)
    return contact
