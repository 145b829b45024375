"""How somebody and each of their memberships stand, in the words of the page. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from bridge.delivery.decide_consent import decide_consent
from bridge.delivery.merge import MAX_LISTS
from bridge.delivery.status import CONFIRMED

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.console.clients.model import Contact, Household, Membership, Work
    from bridge.delivery.model import AddressState

Act: TypeAlias = Literal["", "reactivate", "put_back", "again"]

NO_ADDRESS = "No e-mail address in Practifi"
NOT_VALID = "Address not valid"
TICKED = "Do Not Email is ticked"
FULL = f"Already on {MAX_LISTS} lists"
ON_ITS_WAY = "Saved in Practifi, on its way"

EXPECTED_S = 10.0
"""Seconds that a save usually takes to be confirmed; past twice that a page says why it is not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why somebody is not put on a list, and what a person may do about it."""

    words: str
    act: Act = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """How a membership stands.

    Attributes:
        look: `good`, `wait`, `bad` or none: never the only sign.
        at: The time that the words end with; None: they end without one.
        moves: It will be another one by itself, before long.
        slow: Why it takes longer than it should; empty while it does not.
    """

    words: str
    look: str = ""
    at: datetime | None = None
    act: Act = ""
    moves: bool = False
    slow: str = ""


def why_not(household: Household, contact: Contact) -> Reason | None:
    """Return why somebody can be put on no list; None where they can."""
    if contact.key is None:
        return Reason(words=NOT_VALID if (contact.email or "").strip() else NO_ADDRESS)
    if contact.do_not_email:
        return Reason(words=TICKED)
    for other in household.sharers(contact):
        if other.do_not_email:
            return Reason(words=f"{TICKED} for {other.shown} at this address")
    state = household.states.get(contact.key)
    return None if state is None else _by_state(contact, state)


def _by_state(contact: Contact, state: AddressState) -> Reason | None:
    consent = decide_consent(state)
    if consent.blocked is not None:
        complained = any(out.acted_by == "complaint" for out in state.opt_outs)
        has_asked = any(one.state != "waiting_evidence" for one in state.asked)
        act: Act = "" if complained or has_asked else "reactivate"
        words = _with_day(consent.blocked)
        return Reason(words=words, act=act if words.startswith("Unsubscribed") else "")
    person = next((one for one in state.people if one.contact_id == contact.sf_id), None)
    if person is not None and person.left_out is not None:
        return Reason(words=_of_details(person.left_out, is_faulty=person.is_faulty))
    return None


def is_full(household: Household, contact: Contact) -> bool:
    """Tell whether somebody's contact there is on as many lists as Constant Contact takes."""
    state = household.states.get(contact.key or "")
    there = (state.there if state else None) or {}
    return not there.get("deleted_at") and len(there.get("list_memberships") or ()) >= MAX_LISTS


def state_of(  # noqa: PLR0911 -- one return a state
    household: Household, membership: Membership
) -> State:
    """Return how a membership of one of the client's people stands."""
    contact = household.contacts[membership.contact_id]
    work = household.work_of(contact)
    if work is not None and work.blocked_reason is not None:
        return State(words=f"Failed: {work.blocked_reason}", look="bad", act="again")
    left_at = household.left.get((membership.contact_id, membership.list_id))
    if work is not None and work.is_open:
        slow = slow_words(household, work, since=membership.created_at)
        return State(words=ON_ITS_WAY, look="wait", moves=True, slow=slow)
    reason = why_not(household, contact)
    if reason is not None:
        return State(words=f"Not sent: {reason.words}", act=reason.act)
    if left_at is not None:
        return State(words=f"Not sent: {left_words(household, left_at)}", act="put_back")
    if membership.status == CONFIRMED:
        back = reactivated_words(household, contact)
        if back and not _is_newer(household, membership):
            return State(words=back, look="good")
        return State(words=CONFIRMED, look="good", at=membership.confirmed_at)
    if membership.status is None:
        return State(words="Saved in Practifi, waits for the next resync", look="wait")
    return State(words=f"Not sent: {membership.reason or membership.status}")


def reactivated_words(household: Household, contact: Contact) -> str:
    """Return when somebody came back to all mail, and on how many lists; empty: not lately."""
    at = household.reactivated.get(contact.sf_id)
    if at is None:
        return ""
    again = [one for one in household.of(contact.sf_id) if not _is_newer(household, one)]
    lists = sum(one.status == CONFIRMED for one in again)
    count = {0: "no list", 1: "1 list"}.get(lists, f"{lists} lists")
    return f"Reactivated {household.hour(at)}, on {count}"


def _is_newer(household: Household, membership: Membership) -> bool:
    """Tell whether somebody was put on a list after they had come back."""
    at = household.reactivated[membership.contact_id]
    return membership.created_at is not None and membership.created_at > at


def slow_words(household: Household, work: Work, *, since: datetime | None) -> str:
    """Return why something on its way is late, in a sentence; empty while it is not."""
    begun = max(filter(None, (since, work.due_at))) if since else work.due_at
    late = household.now - begun > timedelta(seconds=2 * EXPECTED_S)
    if household.silent_since is not None and work.waits_for == "constant_contact":
        return (
            f"Constant Contact does not answer since {household.hour(household.silent_since)}: "
            "this goes on by itself when it does."
        )
    if work.waits_for == "salesforce":
        return "Salesforce does not answer: this goes on by itself when it does."
    if work.is_paused:
        return "Sending is paused: an administrator resumes it (bridge resume)."
    if work.due_at - household.now > timedelta(seconds=2 * EXPECTED_S):
        return f"It waits until {household.hour(work.due_at)} and goes on by itself then."
    if late and not work.is_held:
        return "This takes longer than usual: no worker has it in hand."
    return ""


def left_words(household: Household, at: datetime) -> str:
    """Return that a person left a list, and on which day that was seen."""
    return f"Left this list on {household.day(at)}"


def _with_day(words: str) -> str:
    """Write the day of an opt-out as pages do.

    >>> _with_day("Unsubscribed by the person on 2026-11-04; waits for evidence")
    'Unsubscribed by the person on 4 Nov 2026; waits for evidence'
    """
    head, on, rest = words.partition(" on ")
    told, semicolon, more = rest.partition(";")
    try:
        day = date.fromisoformat(told)
    except ValueError:
        return words
    return f"{head}{on}{day.day} {day:%b %Y}{semicolon}{more}"


def _of_details(left_out: str, *, is_faulty: bool) -> str:
    """Return why somebody takes no part: an address that is none, in its own words."""
    if is_faulty and "email_address" in left_out:
        return NOT_VALID
    return left_out
