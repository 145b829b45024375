"""Decide which lists the contact there shall be on, compared three ways. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bridge.delivery.decide_consent import is_unsubscribed
from bridge.delivery.foreign import unwanted
from bridge.delivery.merge import MAX_LISTS
from bridge.mirror.model import parse_moment

if TYPE_CHECKING:
    from bridge.delivery.decide_consent import Consent
    from bridge.delivery.model import AddressState

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Lists:
    """Which lists the contact there shall be on.

    Attributes:
        wanted: Lists there, without those that nobody asks for any more.
        waits_for: Practifi lists that are not there yet.
        forgotten: (contact id, list id) that are gone on both sides.
        lost: (contact id, list id) that the person ended by their own act.
        over: Lists that do not fit the vendor's 50.
        through_others: (contact id, list id) that the person had left; the list is another one's.
        is_foreign_alone: Nothing changes but lists that Practifi never had the contact on.
    """

    wanted: frozenset[str]
    waits_for: tuple[str, ...] = ()
    forgotten: tuple[tuple[str, str], ...] = ()
    lost: tuple[tuple[str, str], ...] = ()
    over: frozenset[str] = frozenset()
    through_others: frozenset[tuple[str, str]] = frozenset()
    is_foreign_alone: bool = False


def decide_lists(state: AddressState, consent: Consent) -> Lists:
    """Return the lists the contact there shall be on, compared three ways.

    Practifi now, Constant Contact now, and what both last agreed on: what only Constant Contact has
    and Practifi never had stays, unless a plan takes it off by policy; what Practifi once had and
    no longer has goes, unless a sharer has it; what the person left by their own act is not put
    back, and asks nothing of an address that they have come to.
    """
    contact = state.there or state.moving_from or {}
    there = frozenset(contact.get("list_memberships") or ())
    lost = _lost(state, there)
    ended = lost | {(base.contact_id, base.list_id) for base in state.bases if base.lost_by_person}
    asked: set[str] = set()
    asked_in_vain: dict[tuple[str, str], str] = {}
    waits_for: list[str] = []
    for person in state.people:
        for row in person.memberships if person.left_out is None else ():
            key = (person.contact_id, row.list_id)
            if row.left_out is None and row.cc_list_id is None:
                waits_for.append(row.list_id)
            elif row.left_out is None and row.cc_list_id is not None and key in ended:
                asked_in_vain[key] = row.cc_list_id
            elif row.left_out is None and row.cc_list_id is not None:
                asked.add(row.cc_list_id)
    left = {base.cc_list_id for base in state.bases if (base.contact_id, base.list_id) in ended}
    gone = {base.cc_list_id for base in state.bases if not base.is_wanted} - asked
    foreign = unwanted(state, consent)
    keeps = there - gone - foreign
    adds = frozenset[str]() if consent.blocked else frozenset(asked - left - there)
    room = max(0, MAX_LISTS - len(keeps))
    fitting = frozenset(sorted(adds)[:room])
    return Lists(
        wanted=keeps | fitting,
        waits_for=tuple(sorted(set(waits_for))),
        forgotten=tuple(
            (base.contact_id, base.list_id) for base in state.bases if not base.is_wanted
        ),
        lost=tuple(sorted(lost)),
        over=adds - fitting,
        through_others=frozenset(key for key, there in asked_in_vain.items() if there in asked),
        is_foreign_alone=bool(foreign) and not fitting and not gone & there,
    )


def _lost(state: AddressState, there: frozenset[str]) -> frozenset[tuple[str, str]]:
    """Memberships that both sides had and that the person's own last act there ended."""
    contact = state.there
    if contact is None or not state.is_there_known or contact.get("update_source") != "Contact":
        return frozenset()
    if is_unsubscribed(contact):
        # Some accounts take whoever unsubscribes off all lists: no act of its own.
        return frozenset()
    if contact.get("deleted_at"):
        # Only the firm deletes a contact, which takes it off all lists and names no other source.
        return frozenset()
    changed_at = parse_moment(contact.get("updated_at"))
    if changed_at is None or changed_at < (state.last_write_at or _NEVER):
        return frozenset()
    return frozenset(
        (base.contact_id, base.list_id)
        for base in state.bases
        if base.is_wanted and base.is_agreed and base.cc_list_id and base.cc_list_id not in there
    )
