"""Memberships that only Constant Contact has, and what a firm wants of them. Pure.

Web forms, uploads and years of other tools put people on lists that Practifi knows, without a word
to it. Only a run deals with them, by its plan: no message tells of them. Left as they are, whatever
the firm wants: lists that have no record in Practifi, contacts that nobody in Practifi is, and
whoever may not be mailed, because their membership tells of what they did themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from bridge.delivery.decide_consent import Consent
    from bridge.delivery.model import AddressState, Person
    from bridge.policies.policy import ForeignPolicy

MAILABLE = frozenset({"implicit", "explicit"})
FOREIGN_ALONE = "on a list there that Practifi never had them on"


@dataclass(frozen=True, kw_only=True, slots=True)
class Foreign:
    """What is done about memberships that only Constant Contact has.

    Attributes:
        policy: `adopt` and `remove` do something, the others leave them.
        lists: List there -> its record in Practifi.
    """

    policy: ForeignPolicy = "ask"
    lists: Mapping[str, str] = field(default_factory=dict, repr=False)

    def among(self, lists: Collection[str]) -> Foreign:
        """Return what is done where only some lists there are meant."""
        return replace(self, lists={one: self.lists[one] for one in lists if one in self.lists})


class Adoption(NamedTuple):
    """A membership that gets a record in Practifi.

    Attributes:
        contact_id: Whose it is, in Practifi.
        list_id: The list in Practifi.
        cc_list_id: The list there.
    """

    contact_id: str
    list_id: str
    cc_list_id: str


def unwanted(state: AddressState, consent: Consent) -> frozenset[str]:
    """Return the lists there that the contact is taken off because Practifi never had it on them.

    Whoever is being subscribed again is taken off them by that.
    """
    if state.foreign.policy != "remove" or not may_change(state, consent):
        return frozenset()
    return _foreign(state)


def adoptions(state: AddressState, consent: Consent, owner: Person | None) -> tuple[Adoption, ...]:
    """Return the memberships there that the owner of the contact gets a record of."""
    is_able = owner is not None and owner.left_out is None and not consent.resubscribe
    if state.foreign.policy != "adopt" or not is_able or not may_change(state, consent):
        return ()
    assert owner is not None  # noqa: S101 -- asked above
    return tuple(
        Adoption(owner.contact_id, state.foreign.lists[one], one) for one in sorted(_foreign(state))
    )


def may_change(state: AddressState, consent: Consent) -> bool:
    """Tell whether the contact there, or the one that comes here, is mailable and somebody's."""
    there = state.there or state.moving_from
    if there is None or there.get("deleted_at") or not state.people:
        return False
    if consent.blocked or consent.ask:
        return False
    permission = (there.get("email_address") or {}).get("permission_to_send")
    return permission in MAILABLE or bool(consent.resubscribe)


def _foreign(state: AddressState) -> frozenset[str]:
    """Return the lists of the contact that no record and nothing agreed on explains."""
    records = {row.list_id for person in state.people for row in person.memberships}
    records |= {base.list_id for base in state.bases}
    known = {row.cc_list_id for person in state.people for row in person.memberships}
    known |= {base.cc_list_id for base in state.bases}
    on = (state.there or state.moving_from or {}).get("list_memberships") or ()
    return frozenset(
        one
        for one in on
        if one in state.foreign.lists
        and one not in known
        and state.foreign.lists[one] not in records
    )
