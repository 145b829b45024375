"""The account itself: who the organization is, where it is, which addresses it mails from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sandbox.constant_contact.model import address_key
from sandbox.constant_contact.refusals import conflict, invalid, not_found
from sandbox.constant_contact.validation import ADDRESS_LENGTH, is_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.constant_contact.model import Account, Json

_SUMMARY: Final = {
    "contact_email": 80,
    "contact_phone": 25,
    "country_code": 2,
    "first_name": 80,
    "last_name": 80,
    "organization_name": 255,
    "organization_phone": 25,
    "state_code": 3,
    "time_zone_id": 80,
    "website": 255,
}
"""What a PUT may change, and the most characters of each."""

_POSTAL: Final = {
    "address_line1": 80,
    "address_line2": 80,
    "address_line3": 80,
    "city": 50,
    "state_code": 2,
    "state_name": 50,
    "postal_code": 25,
    "country_code": 2,
}
_POSTAL_REQUIRED: Final = ("address_line1", "city", "country_code")
_EXTRA_FIELDS: Final = frozenset({"physical_address", "company_logo"})
_CONFIRM: Final = {"C": "CONFIRMED", "U": "UNCONFIRMED"}
_ROLES: Final = {
    "C": "CONTACT",
    "B": "BILLING",
    "J": "JOURNALING",
    "R": "REPLY_TO",
    "O": "OTHER",
}
_FILTERS: Final = ("confirm_status", "role_code", "email_address")
_LOGO: Final = {
    "url": "https://files.example.com/harbour-lane/logo.png",
    "external_url": "https://files.example.com/harbour-lane/logo.png",
    "internal_id": "logo-1",
}


def summary(account: Account, query: Mapping[str, str]) -> Json:
    """Return the account's summary, with what `extra_fields` names.

    Raises:
        Refusal: 400 for an extra field that is none.
    """
    extra = {name for name in query.get("extra_fields", "").split(",") if name}
    if extra - _EXTRA_FIELDS:
        raise invalid(["extra_fields does not have a valid value"])
    shown = dict(account.summary)
    if "physical_address" in extra and account.physical_address is not None:
        shown["physical_address"] = dict(account.physical_address)
    if "company_logo" in extra:
        shown["company_logo"] = dict(_LOGO)
    return shown


def change_summary(account: Account, body: Mapping[str, Any]) -> Json:
    """Change the properties that were sent; the others, and what cannot be changed, stay.

    Raises:
        Refusal: 400.
    """
    values = _texts(body, _SUMMARY)
    address = values.get("contact_email")
    if address is not None and not is_address(address):
        raise invalid(["contact_email does not have a valid value"])
    account.summary |= values
    return dict(account.summary)


def physical_address(account: Account) -> Json:
    """Return where the organization is.

    Raises:
        Refusal: 404 where it has not said.
    """
    if account.physical_address is None:
        raise not_found("physical_address")
    return dict(account.physical_address)


def add_physical_address(account: Account, body: Mapping[str, Any]) -> Json:
    """Say where the organization is, once.

    Raises:
        Refusal: 400, or 409 where it has said so before.
    """
    address = _postal(body)
    if account.physical_address is not None:
        raise conflict("physical_address already exists")
    account.physical_address = address
    return dict(address)


def replace_physical_address(account: Account, body: Mapping[str, Any]) -> Json:
    """Say where the organization is now; what is left out is cleared.

    Raises:
        Refusal: 400.
    """
    account.physical_address = _postal(body)
    return dict(account.physical_address)


def emails(account: Account, query: Mapping[str, str]) -> list[Json]:
    """Return the account's own addresses, as a bare list; at most one filter at a time.

    Raises:
        Refusal: 400 for two filters, or a value that is none.
    """
    given = [name for name in _FILTERS if name in query]
    if len(given) > 1:
        raise invalid([f"{' and '.join(given)} cannot be combined"])
    found = account.emails
    if "confirm_status" in query:
        wanted = _code(query, "confirm_status", _CONFIRM)
        found = [one for one in found if one["confirm_status"] == wanted]
    elif "role_code" in query:
        wanted = _code(query, "role_code", _ROLES)
        found = [one for one in found if wanted in one["roles"]]
    elif "email_address" in query:
        key = address_key(query["email_address"])
        found = [one for one in found if address_key(one["email_address"]) == key]
    return [dict(one) for one in found]


def add_email(account: Account, body: Mapping[str, Any]) -> Json:
    """Add an address, to which a mail goes that asks to confirm it.

    Raises:
        Refusal: 400, or 409 for one that is there.
    """
    address = body.get("email_address")
    if not isinstance(address, str) or len(address) > ADDRESS_LENGTH or not is_address(address):
        raise invalid(["email_address does not have a valid value"])
    key = address_key(address)
    if any(address_key(one["email_address"]) == key for one in account.emails):
        raise conflict("email_address already exists")
    made = {
        "email_address": address.strip(),
        "email_id": max((one["email_id"] for one in account.emails), default=0) + 1,
        "confirm_status": "UNCONFIRMED",
    }
    account.emails.append({**made, "roles": [], "pending_roles": []})
    return made


def _code(query: Mapping[str, str], name: str, codes: Mapping[str, str]) -> str:
    text = query[name]
    found = codes.get(text, text)
    if found not in codes.values():
        raise invalid([f"{name} does not have a valid value"])
    return found


def _postal(body: Mapping[str, Any]) -> Json:
    values = _texts(body, _POSTAL)
    missing = [name for name in _POSTAL_REQUIRED if name not in values]
    if missing:
        raise invalid([f"{name} is missing" for name in missing])
    return values


def _texts(body: Mapping[str, Any], lengths: Mapping[str, int]) -> Json:
    faults = [
        f"{name} does not have a valid value"
        for name, most in lengths.items()
        if name in body and not (isinstance(body[name], str) and 0 < len(body[name]) <= most)
    ]
    if faults:
        raise invalid(faults)
    return {name: body[name] for name in lengths if name in body}
