"""The clientele of a larger firm in the account: who has been mailed, and what differs by now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.clientele import LISTS
from sandbox.constant_contact import contacts
from sandbox.constant_contact.model import Contact, ContactList, EmailAddress
from sandbox.constant_contact.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sandbox.clientele import Client, ClientHousehold
    from sandbox.constant_contact.model import Account

_AGE = timedelta(days=190)
_LEFT_AGE = timedelta(days=5)


def enter_clientele(
    account: Account,
    households: Iterable[ClientHousehold],
    list_ids: Sequence[str],
    now: datetime,
) -> None:
    """Enter the people of households, one contact an address."""
    at = now - _AGE
    for name, list_id in zip(LISTS, list_ids, strict=True):
        account.lists[list_id] = ContactList(
            number=account.new_number(),
            list_id=list_id,
            name=name,
            description=None,
            favorite=False,
            created_at=at,
            updated_at=at,
        )
    policy = Policy()
    for household in households:
        for person in household.people:
            is_there = person.cc_id in account.contacts
            if not is_there and person.difference != "missing_there":
                _enter(account, policy, person, list_ids, now)


def _enter(
    account: Account, policy: Policy, person: Client, list_ids: Sequence[str], now: datetime
) -> None:
    at = now - _AGE
    on = [list_ids[place] for place in person.lists]
    contact = Contact(
        number=account.new_number(),
        contact_id=person.cc_id,
        email=EmailAddress(
            address=person.email,
            permission_to_send="implicit",
            created_at=at,
            updated_at=at,
            opt_in_source="Account",
            opt_in_date=at,
        ),
        core={
            "first_name": person.first_name,
            "last_name": "Lately Renamed"
            if person.difference == "name_there"
            else person.last_name,
        },
        created_at=at,
        updated_at=at,
        create_source="Account",
        list_memberships=on[1:] if person.difference == "off_list_there" else on,
    )
    account.add(contact)
    if person.do_not_email:
        contacts.opt_out(contact, policy, "Account", None, at)
    elif person.difference == "unsubscribed_there":
        contacts.opt_out(contact, policy, "Contact", "No longer interested", now - _LEFT_AGE)
        contact.update_source = "Contact"
