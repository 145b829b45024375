"""Whether a contact there goes with the last list that Practifi takes it off. Pure.

A contact that somebody unsubscribed is the only thing that keeps an import from mailing them again,
so it stays, and so does one that anything is open of, or that was on a list by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.delivery.foreign import MAILABLE

if TYPE_CHECKING:
    from bridge.delivery.decide_consent import Consent
    from bridge.delivery.decide_lists import Lists
    from bridge.delivery.model import AddressState

DELETED_WITH_LAST = "Practifi ended its last membership, and the contact goes with it"
KEPT_ON_NO_LIST = "taken off its last list; the contact stays"


def goes_with_last_list(state: AddressState, consent: Consent, lists: Lists) -> bool:
    """Tell whether the contact there is deleted because Practifi has ended its last membership.

    Nobody at the address has a membership left, not even one that takes no part, and the contact is
    on no list that Practifi never had it on. Nobody there has opted out, of all mail or of a list,
    and nobody has gone to another address with their memberships.
    """
    there = state.there
    if state.on_last_list_removed == "keep" or there is None:
        return False
    permission = (there.get("email_address") or {}).get("permission_to_send")
    is_open = consent.blocked or consent.resubscribe or consent.ask or state.asked
    if permission not in MAILABLE or is_open or state.opt_outs or lists.wanted:
        return False
    if any(person.memberships for person in state.people):
        return False
    if any(base.lost_by_person or not base.is_ended for base in state.bases):
        return False
    return any(base.is_agreed for base in state.bases)
