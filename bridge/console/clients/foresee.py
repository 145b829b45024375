"""What a save would do, in the sentences of the page. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.console.access.records import UNSEEN
from bridge.console.clients.model import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bridge.console.clients.draft import Draft
    from bridge.console.clients.model import Contact, Household, Membership

NOTHING = "Nothing to save yet: add a membership or flag one."


@dataclass(frozen=True, kw_only=True, slots=True)
class Foresight:
    """What a save would do.

    Attributes:
        flagged: How many are flagged for deletion, as the label says it; empty where none is.
        plan: What Save will do.
        stays: For whom the address stays on a list all the same.
        leaves: Who leaves their last list, in a question; empty where nobody does.
    """

    flagged: str
    plan: str
    stays: tuple[str, ...] = ()
    leaves: str = ""


def foresee(household: Household, draft: Draft) -> Foresight:
    """Return what saving a draft would do."""
    gone = [one for sf_id in sorted(draft.flagged) if (one := household.membership(sf_id))]
    adds = sum(wish.is_whole for wish in draft.wishes)
    return Foresight(
        flagged=flagged_words(len(gone)),
        plan=_plan(adds, len(gone)),
        stays=tuple(_stays(household, gone, draft.flagged)),
        leaves=_leaves(household, gone, draft),
    )


def flagged_words(count: int) -> str:
    """Return the label that counts what is flagged.

    >>> flagged_words(1), flagged_words(2)
    ('1 membership is flagged for deletion', '2 memberships are flagged for deletion')
    """
    if count == 1:
        return "1 membership is flagged for deletion"
    return f"{count:,} memberships are flagged for deletion" if count else ""


def stays_for(
    household: Household, membership: Membership, flagged: Iterable[str] = ()
) -> list[Contact]:
    """Return who keeps the address of a membership on its list, once that membership is gone."""
    contact = household.contacts.get(membership.contact_id)
    if contact is None:
        return []
    going = {*flagged, membership.sf_id}
    return [
        other
        for other in household.sharers(contact)
        if any(
            one.list_id == membership.list_id and one.sf_id not in going
            for one in household.of(other.sf_id)
        )
    ]


def _plan(adds: int, removes: int) -> str:
    parts = [f"{verb} {count:,}" for verb, count in (("add", adds), ("remove", removes)) if count]
    if not parts:
        return NOTHING
    return f"Save will {' and '.join(parts)}, in Practifi and in Constant Contact."


def _stays(
    household: Household, gone: Iterable[Membership], flagged: frozenset[str]
) -> Iterable[str]:
    said: set[str] = set()
    for membership in gone:
        others = stays_for(household, membership, flagged)
        if others:
            names = listed(dict.fromkeys(other.shown for other in others))
            verb = "stays" if len(others) == 1 else "stay"
            words = f"{_capital(names)} {verb} on {membership.list_name} at the same address."
            if words not in said:
                said.add(words)
                yield words


def _leaves(household: Household, gone: Iterable[Membership], draft: Draft) -> str:
    """Return who would be on no list any more, as the one question more asks it."""
    joins = {wish.contact_id for wish in draft.wishes if wish.is_whole}
    who = [
        household.contacts[contact_id].name
        for contact_id in dict.fromkeys(one.contact_id for one in gone)
        if contact_id not in joins
        and all(one.sf_id in draft.flagged for one in household.of(contact_id))
    ]
    if not who:
        return ""
    last = "their last lists" if len(who) > 1 else "their last list"
    return f"{listed(who)} {'leave' if len(who) > 1 else 'leaves'} {last}. Remove all the same?"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if text == UNSEEN else text
