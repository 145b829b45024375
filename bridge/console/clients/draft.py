"""What somebody has entered on a client's page and not saved yet, and what is wrong. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, NamedTuple

from bridge.console.clients.standing import FULL, is_full, why_not
from bridge.identity import is_salesforce_id, salesforce_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.console.clients.model import Household
    from bridge.console.rendering import Form

MOST_ROWS = 200
"""Most memberships that one save may add, and most that it may remove: one call to Practifi."""


class Wish(NamedTuple):
    """A row that somebody adds; what is not chosen yet is empty.

    Attributes:
        says: What Salesforce answered to it before, where it refused it.
    """

    contact_id: str = ""
    list_id: str = ""
    says: str = ""

    @property
    def is_whole(self) -> bool:
        """Tell whether both are chosen."""
        return bool(self.contact_id and self.list_id)


class Fault(NamedTuple):
    """What is wrong with a row: the field, and a sentence."""

    field: str
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What somebody has entered.

    Attributes:
        wishes: Rows that they add, in order.
        flagged: Ids of memberships that they have flagged for deletion.
        last_list: The list that they chose last; it is offered for the next row.
    """

    wishes: tuple[Wish, ...] = ()
    flagged: frozenset[str] = frozenset()
    last_list: str = ""

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing would be saved."""
        return not self.wishes and not self.flagged


def read_draft(form: Form) -> Draft:
    """Return what a form of the page holds."""
    rows = zip_longest(form.get("contact", ()), form.get("list", ()), fillvalue="")
    wishes = tuple(Wish(_id(contact), _id(list_)) for contact, list_ in rows)
    flagged = frozenset(filter(None, map(_id, form.get("remove", ()))))
    chosen = [wish.list_id for wish in wishes if wish.list_id]
    return Draft(
        wishes=wishes, flagged=flagged, last_list=chosen[-1] if chosen else _id(form.one("last"))
    )


def faults_of(household: Household, draft: Draft) -> list[Fault]:
    """Return why a draft cannot be saved; what was flagged and is gone already is no fault."""
    found = list(_faults_of_wishes(household, draft.wishes))
    for name, count in (("add", len(draft.wishes)), ("remove", len(draft.flagged))):
        if count > MOST_ROWS:
            found.append(Fault("save", f"One save may {name} {MOST_ROWS} at most: save in parts."))
    return found


def _faults_of_wishes(household: Household, wishes: Iterable[Wish]) -> Iterable[Fault]:
    seen: set[tuple[str, str]] = set()
    has = {(one.contact_id, one.list_id) for one in household.memberships}
    for place, wish in enumerate(wishes):
        row = f"Row {place + 1}"
        if wish.contact_id not in household.members:
            yield Fault(f"contact-{place}", f"{row}: choose a contact.")
            continue
        contact = household.contacts[wish.contact_id]
        who, reason = contact.name, why_not(household, contact)
        if reason is not None:
            yield Fault(f"contact-{place}", f"{row}: {who} cannot be added: {reason.words}.")
        elif not household.may_change(contact):
            yield Fault(f"contact-{place}", f"{row}: you may not change {who} in Salesforce.")
        elif wish.list_id not in household.lists:
            yield Fault(f"list-{place}", f"{row}: choose a list.")
        elif (wish.contact_id, wish.list_id) in seen | has:
            name = household.lists[wish.list_id]
            yield Fault(f"list-{place}", f"{row}: {who} is on {name} already.")
        elif is_full(household, contact):
            yield Fault(f"contact-{place}", f"{row}: {who} cannot be added: {FULL}.")
        seen.add((wish.contact_id, wish.list_id))


def _id(text: str) -> str:
    return salesforce_id(text) if is_salesforce_id(text) else ""
