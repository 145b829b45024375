"""Who of the people at an address is the one whose fields are sent. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.delivery.model import AddressState, Person

_FOREVER = datetime.max.replace(tzinfo=UTC)


def choose_owner(state: AddressState) -> Person | None:
    """Return whose fields are sent: who was chosen, the present owner, else by policy, ties by id.

    Somebody on a list comes before somebody on none; whom the policy leaves go as they were linked.
    """
    able = [person for person in state.people if person.wanted is not None]
    contact_id = _contact_id(state)
    for person in able:
        if person.is_chosen:
            return person
    for person in able:
        if person.is_owner and contact_id == person.linked_to:
            return person

    def rank(person: Person) -> tuple[object, ...]:
        # Who comes from another contact is linked to this one by the write: that must not change
        # whose fields are sent.
        is_linked = contact_id is not None and person.linked_to == contact_id
        linked = (person.linked_at if is_linked else None) or _FOREVER
        created = person.created_at or _FOREVER
        by_policy = (created, linked) if state.owner_policy == "oldest" else (linked, created)
        is_after = state.owner_policy == "primary_member" and not person.is_primary
        return (not person.memberships, is_after, *by_policy, person.contact_id)

    return min(able, key=rank, default=None)


def _contact_id(state: AddressState) -> str | None:
    contact = state.there or state.moving_from
    return None if contact is None else str(contact["contact_id"])
