"""From the ids of the V2 API to those of V3, for who migrates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.constant_contact.refusals import invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.constant_contact.model import Account, Json

MOST_IDS = 500
_DIGITS = 10


def of_contacts(account: Account, query: Mapping[str, str]) -> Json:
    """Return the contacts of V2 ids; an unknown id is left out.

    The V2 id of a contact here is its place in the order of creation.

    Raises:
        Refusal: 400.
    """
    numbers = {contact.number: contact.contact_id for contact in account.contacts.values()}
    return _xrefs(query, numbers, "contact_id")


def of_lists(account: Account, query: Mapping[str, str]) -> Json:
    """Return the lists of V2 ids; an unknown id is left out.

    Raises:
        Refusal: 400.
    """
    numbers = {one.number: one.list_id for one in account.lists.values()}
    return _xrefs(query, numbers, "list_id")


def _xrefs(query: Mapping[str, str], numbers: Mapping[int, str], name: str) -> Json:
    asked = [one for one in query.get("sequence_ids", "").split(",") if one]
    if not 1 <= len(asked) <= MOST_IDS:
        raise invalid([f"sequence_ids size must be between 1 and {MOST_IDS}"])
    if not all(one.isascii() and one.isdigit() and len(one) <= _DIGITS for one in asked):
        raise invalid(["sequence_ids does not have a valid value"])
    return {
        "xrefs": [
            {"sequence_id": one, name: numbers[int(one)]} for one in asked if int(one) in numbers
        ]
    }
