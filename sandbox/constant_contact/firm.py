"""What the account holds before anybody calls: a small firm that has mailed for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sandbox.constant_contact import contacts, custom_fields, lists, people
from sandbox.constant_contact.model import Account
from sandbox.constant_contact.policy import Policy

if TYPE_CHECKING:
    import random
    from datetime import datetime

_SUMMARY = {
    "contact_email": "office@harbour-lane.example.com",
    "contact_phone": "555-0100",
    "country_code": "US",
    "encoded_account_id": "a07e1lsandbox",
    "first_name": "Nora",
    "last_name": "Quist",
    "organization_name": "Harbour Lane Wealth",
    "organization_phone": "555-0100",
    "state_code": "MA",
    "time_zone_id": "US/Eastern",
    "website": "https://harbour-lane.example.com",
}

_AGE = timedelta(days=200)

# From the firm's web form and its seminars: nobody of these is a client.
_PEOPLE = [
    ("Marta", "Oyelaran", "marta.oyelaran@example.org", ("Website Sign-ups",)),
    ("Ivo", "Castellane", "Ivo.Castellane@example.com", ("Website Sign-ups", "General Interest")),
    ("Priya", "Dunmore", "priya.dunmore@example.org", ("Website Sign-ups",)),
    ("Sven", "Abarca", "sven@example.com", ("General Interest",)),
    ("Lucille", "Tran-Webb", "lucille.tw@example.org", ("General Interest",)),
    ("Otis", "Feldgrau", "otis.feldgrau@example.com", ("Website Sign-ups",)),
    ("Renske", "Mbeki", "renske.mbeki@example.org", ("General Interest", "Website Sign-ups")),
    ("Hal", "Pereira", "hal.pereira@example.com", ()),
    ("Amina", "Rowntree", "amina.rowntree@example.org", ("Website Sign-ups",)),
    ("Gus", "Lindqvist", "gus.lindqvist@example.com", ("General Interest",)),
]
_LEFT = "gus.lindqvist@example.com"
_DELETED = "hal.pereira@example.com"


def found(draws: random.Random, now: datetime, size: str) -> Account:
    """Return the account as it stands when the sandbox starts.

    Args:
        draws: Where ids come from.
        now: The sandbox's time; everything in the account is older.
        size: `empty` for an account without lists and contacts.
    """
    confirmed_at = now - _AGE
    account = Account(draws=draws, summary=dict(_SUMMARY))
    account.emails.append(
        {
            "email_address": _SUMMARY["contact_email"],
            "email_id": 1,
            "confirm_status": "CONFIRMED",
            # Without a colon in the zone: so the vendor writes it here, and nowhere else.
            "confirm_time": f"{confirmed_at:%Y-%m-%dT%H:%M:%S}.000+0000",
            "confirm_source_type": "SITE_OWNER",
            "roles": ["CONTACT", "BILLING", "REPLY_TO", "JOURNALING"],
            "pending_roles": [],
        }
    )
    if size != "empty":
        _populate(account, now)
    return account


def _populate(account: Account, now: datetime) -> None:
    policy = Policy()
    at = now - _AGE
    ids = {
        name: lists.create(account, {"name": name, "description": text}, at).list_id
        for name, text in (
            ("General Interest", "Everybody who asked for news"),
            ("Website Sign-ups", "From the form on the website"),
        )
    }
    heard = custom_fields.create(account, {"label": "Heard From", "type": "string"}, at)
    for first_name, last_name, address, names in _PEOPLE:
        at += timedelta(days=11, hours=5)
        contacts.create(
            account,
            policy,
            {
                "first_name": first_name,
                "last_name": last_name,
                "email_address": {"address": address, "permission_to_send": "explicit"},
                "create_source": "Contact",
                "list_memberships": [ids[name] for name in names],
                "custom_fields": [{"custom_field_id": heard.custom_field_id, "value": "Seminar"}],
            },
            at,
        )
    people.unsubscribe(account, policy, _LEFT, now - timedelta(days=20))
    deleted = account.contact_with(_DELETED)
    if deleted is not None:
        contacts.delete(account, deleted.contact_id, now - timedelta(days=30))
