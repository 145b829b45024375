"""The clientele of a larger firm in the account: who has been mailed, and what differs by now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.clientele import LISTS
from sandbox.constant_contact import contacts, custom_fields, subresources
from sandbox.constant_contact.model import Contact, ContactList, EmailAddress
from sandbox.constant_contact.policy import Policy
from sandbox.constant_contact.validation import ContactParts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sandbox.clientele import Client, ClientHousehold
    from sandbox.constant_contact.model import Account, Json

_AGE = timedelta(days=190)
_LEFT_AGE = timedelta(days=5)
_NAME_THERE = "Lately Renamed"


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
    household_field, type_field = (
        custom_fields.create(account, {"label": label, "type": "string"}, at).custom_field_id
        for label in ("Household", "Client type")
    )
    policy = Policy()
    for household in households:
        for person in household.people:
            is_there = person.cc_id in account.contacts
            if not is_there and person.difference != "missing_there":
                contact = _contact(account, person, household, at)
                on = [list_ids[place] for place in person.lists]
                parts = ContactParts(
                    custom_fields={
                        household_field: {"value": household.name},
                        type_field: {"value": "Client"},
                    },
                    phone_numbers=[{"phone_number": _digits(person.phone), "kind": "mobile"}],
                    street_addresses=[_street(household)],
                    list_memberships=on[1:] if person.difference == "off_list_there" else on,
                )
                subresources.replace(account, contact, parts, "Account", at)
                account.add(contact)
                if person.do_not_email:
                    contacts.opt_out(contact, policy, "Account", None, at)
                elif person.difference == "unsubscribed_there":
                    reason, left_at = "No longer interested", now - _LEFT_AGE
                    contacts.opt_out(contact, policy, "Contact", reason, left_at)
                    contact.update_source = "Contact"


def _contact(account: Account, person: Client, household: ClientHousehold, at: datetime) -> Contact:
    last_name = _NAME_THERE if person.difference == "name_there" else person.last_name
    return Contact(
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
            "last_name": last_name,
            "company_name": household.name,
        },
        created_at=at,
        updated_at=at,
        create_source="Account",
    )


def _street(household: ClientHousehold) -> Json:
    return {
        "kind": "home",
        "street": household.street,
        "city": household.city,
        "state": household.state,
        "postal_code": household.postal_code,
        "country": "United States",
    }


def _digits(phone: str) -> str:
    return "".join(filter(str.isdigit, phone))
