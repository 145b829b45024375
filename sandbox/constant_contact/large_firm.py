"""Contacts by the ten thousand: the firm's clients as a synchronisation would have left them.

About one in a hundred has been let slip: a first comparison has something to find.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.clients import LISTS
from sandbox.constant_contact import contacts, custom_fields, lists
from sandbox.constant_contact.policy import Policy

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable
    from datetime import datetime

    from sandbox.clients import Client, ClientHousehold
    from sandbox.constant_contact.model import Account, Json

_AGE = timedelta(days=200)
_SLIPPED = 0.01


def populate(
    account: Account, households: Iterable[ClientHousehold], draws: random.Random, now: datetime
) -> None:
    """Enter a contact for each address of the households.

    Args:
        account: The account.
        households: Whose addresses; of those that share one, the first person's values count.
        draws: What says whose contact has been let slip.
        now: The sandbox's time; everything is older.
    """
    policy, at = Policy(), now - _AGE
    list_ids = {name: lists.create(account, {"name": name}, at).list_id for name in LISTS}
    field_ids = {
        label: custom_fields.create(account, {"label": label, "type": "string"}, at).custom_field_id
        for label in ("Household", "Client type")
    }
    for household in households:
        for person in household.people:
            if person.email is None or person.shares_address:
                continue
            slip = draws.choice(("gone", "title", "street")) if draws.random() < _SLIPPED else ""
            if slip == "gone":
                continue
            body = _contact(household, person, list_ids, field_ids)
            if slip == "title":
                body["job_title"] = "Trainee"
            elif slip == "street":
                body["street_addresses"][0]["street"] = "1 Former Street"
            contact = contacts.create(account, policy, body, at)
            if person.has_opted_out:
                contacts.opt_out(contact, policy, "Contact", "No longer interested", at)


def _contact(household: ClientHousehold, person: Client, list_ids: Json, field_ids: Json) -> Json:
    city, state, postal_code = household.town
    year_free = person.born_on.split("-")
    on_lists = {
        name for each in household.people if each.email == person.email for name in each.lists
    }
    body: Json = {
        "email_address": {"address": person.email, "permission_to_send": "implicit"},
        "first_name": person.first_name,
        "last_name": person.last_name,
        "company_name": household.name,
        "birthday_month": int(year_free[1]),
        "birthday_day": int(year_free[2]),
        "custom_fields": [
            {"custom_field_id": field_ids["Household"], "value": household.name},
            {"custom_field_id": field_ids["Client type"], "value": household.kind},
        ],
        "phone_numbers": [
            {
                "phone_number": "".join(char for char in person.mobile if char.isdigit()),
                "kind": "mobile",
            }
        ],
        "street_addresses": [
            {
                "kind": "home",
                "street": household.street,
                "city": city,
                "state": state,
                "postal_code": postal_code,
                "country": "United States",
            }
        ],
        "list_memberships": [list_ids[name] for name in LISTS if name in on_lists],
        "create_source": "Account",
    }
    if person.title is not None:
        body["job_title"] = person.title
    return body
