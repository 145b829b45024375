"""Say in words how a person and each membership stand, once the decided steps are done. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.delivery.model import AddressState, Membership, Person, Status

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.delivery.decide_consent import Consent
    from bridge.delivery.decide_lists import Lists
    from bridge.delivery.model import Decision, Step

SUBSCRIBED = "Subscribed"
UNSUBSCRIBED = "Unsubscribed"
NOT_ON_A_LIST = "Not on a list"
NOT_SENT = "Not sent"
NOT_MAILABLE = "Not mailable yet"
WAITING = "Waiting"
CONFIRMED = "Confirmed"
FULL = "Already on 50 lists"
NO_ADDRESS = "No e-mail address in Practifi"

_SENT = {"unsubscribe": "Unsubscribe sent", "resubscribe": "Resubscribe sent"}

_NOT_YET = {
    "pending_confirmation": "waits for the person to confirm",
    "temp_hold": "held for the time being by Constant Contact",
}
_LIST_WAITS = "the list is not in Constant Contact yet"


def statuses(
    state: AddressState,
    consent: Consent,
    lists: Lists,
    on_lists: frozenset[str] | None,
    *,
    has_contact: bool,
) -> tuple[Status, ...]:
    """Return the status of every person at the address and of each of their memberships."""
    found: list[Status] = []
    for person in state.people:
        blocked = blocked_words(person, state, consent)
        found.append(_of_person(person, state, consent, blocked, on_lists, has_contact=has_contact))
        found += [
            _of_membership(person, row, lists, blocked, on_lists) for row in person.memberships
        ]
    return tuple(found)


def statuses_while_sent(
    step: Step, decision: Decision, at: datetime, wrong: str | None = None
) -> tuple[Status, ...]:
    """Return the statuses while a change of permission was sent and is not confirmed.

    Args:
        step: What was sent; of any other step no status speaks.
        decision: What everybody's status is once it is confirmed.
        at: When it was sent (UTC).
        wrong: What was found instead; None: nobody could look yet.
    """
    if step.kind not in _SENT:
        return ()
    reason = f"sent {at:%Y-%m-%d %H:%M} UTC, not confirmed yet"
    if wrong is not None:
        reason += f": Constant Contact answered that it was done, and {wrong}; it is tried again"
    return tuple(
        replace(
            status,
            status=_SENT[step.kind] if status.kind == "contact" else WAITING,
            reason=reason,
            is_confirmed=False,
        )
        for status in decision.statuses
        if status.is_confirmed
    )


def blocked_words(person: Person, state: AddressState, consent: Consent) -> str | None:
    """Return why this person is not mailed, as they see it: a sharer's box is not their own."""
    if person.do_not_email:
        return "Do Not Email is ticked"
    if any(other.do_not_email for other in state.people):
        return "Do Not Email is ticked for another contact at this address"
    return consent.blocked


def _of_person(
    person: Person,
    state: AddressState,
    consent: Consent,
    blocked: str | None,
    on_lists: frozenset[str] | None,
    *,
    has_contact: bool,
) -> Status:
    def status(text: str, reason: str | None = None, *, is_confirmed: bool = False) -> Status:
        return Status(
            kind="contact",
            sf_id=person.contact_id,
            status=text,
            reason=reason,
            is_confirmed=is_confirmed,
        )

    if blocked is not None:
        is_known = person.do_not_email is not None
        text = UNSUBSCRIBED if has_contact and is_known else NOT_SENT
        return status(text, blocked, is_confirmed=has_contact and is_known)
    if person.left_out is not None:
        return status(NOT_SENT, person.left_out)
    if any(row.cc_list_id is None and row.left_out is None for row in person.memberships):
        return status(WAITING, _LIST_WAITS)
    permission = ((state.there or {}).get("email_address") or {}).get("permission_to_send")
    if permission in _NOT_YET and not consent.resubscribe:
        return status(NOT_MAILABLE, _NOT_YET[permission])
    if not on_lists:
        return status(NOT_ON_A_LIST)
    return status(SUBSCRIBED, _came_back(person, state), is_confirmed=True)


def _came_back(person: Person, state: AddressState) -> str | None:
    """Return by whose word somebody is mailed again, while that is all there is to show."""
    for one in state.evidence:
        if one.contact_id == person.contact_id:
            who = f" by {one.user_id}" if one.user_id else ""
            return f"Unticked{who} on {one.asked_at:%Y-%m-%d %H:%M} UTC; evidence outstanding"
    return None


def _of_membership(
    person: Person,
    row: Membership,
    lists: Lists,
    blocked: str | None,
    on_lists: frozenset[str] | None,
) -> Status:
    def status(text: str, reason: str | None = None, *, is_confirmed: bool = False) -> Status:
        return Status(
            kind="membership",
            sf_id=row.sf_id,
            status=text,
            reason=reason,
            is_confirmed=is_confirmed,
        )

    reason = row.left_out or blocked or person.left_out
    if reason is not None:
        return status(NOT_SENT, reason)
    if row.cc_list_id is None:
        return status(WAITING, _LIST_WAITS)
    if (person.contact_id, row.list_id) in lists.lost:
        return status(NOT_SENT, "Left this list by their own act")
    if row.cc_list_id in lists.over:
        return status(NOT_SENT, FULL)
    if row.cc_list_id in (on_lists or ()):
        return status(CONFIRMED, is_confirmed=True)
    return status(NOT_SENT, "Left this list by their own act")
