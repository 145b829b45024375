"""Decide what consent allows at one address: the strictest of everything that is known. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from bridge.delivery.decide_return import (
    CANNOT_BE_ASKED,
    has_confirmed,
    judge_requests,
    policy_in_force,
    took_effect,
)
from bridge.delivery.model import AddressState, RequestEnd
from bridge.mirror.model import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bridge.consent.policy import Policy
    from bridge.consent.requests import RequestState
    from bridge.consent.standing import OptOut
    from bridge.delivery.model import Given

OPT_OUT_REASON = "Do Not Email is ticked in Practifi"


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What consent allows at an address.

    Attributes:
        blocked: Why nothing may be added or mailed, or None.
        unsubscribe: The contact there must be unsubscribed.
        resubscribe: The contact there is subscribed again, for these requests.
        lifted: Requests that lift what is only on record: nobody there is unsubscribed.
        ask: Requests for which Constant Contact shall ask the person.
        is_own: The person had opted out themselves.
        policy: By what the opt-out is lifted.
        given: Evidence that the record gives and that is not on record yet.
    """

    blocked: str | None = None
    unsubscribe: bool = False
    resubscribe: tuple[int, ...] = ()
    lifted: tuple[int, ...] = ()
    ask: tuple[int, ...] = ()
    is_own: bool = False
    policy: Literal["firm", Policy] = "firm"
    ends: tuple[RequestEnd, ...] = ()
    given: tuple[Given, ...] = ()


def decide_consent(state: AddressState) -> Consent:  # noqa: PLR0911 -- one return a rule
    """Return what consent allows: the strictest of all sharers, of the record, of what is there."""
    ticked = any(person.do_not_email for person in state.people)
    is_out = is_unsubscribed(state.there)
    if ticked:
        ends = _end(state, "withdrawn", "Do Not Email is ticked for a contact at this address")
        return Consent(blocked=OPT_OUT_REASON, unsubscribe=not is_out, ends=ends)
    if any(person.do_not_email is None for person in state.people):
        return Consent(blocked="Do Not Email is not known")
    if is_out:
        return _coming_back(state)
    if took_effect(state):
        policy = policy_in_force(state)
        return Consent(lifted=_ids(state), is_own=policy != "firm", policy=policy)
    if has_confirmed(state):
        return Consent(ends=_end(state, "confirmed", "the person confirmed"), is_own=True)
    standing = [out for out in state.opt_outs if not _opted_in_since(state, out)]
    if standing:
        return _standing(state, standing)
    if state.asked and state.is_there_known:
        return Consent(ends=_end(state, "withdrawn", "there was nothing to reset"))
    return Consent()


def _standing(state: AddressState, standing: list[OptOut]) -> Consent:
    """An opt-out is on record and nobody there is unsubscribed: it follows, unless it is lifted.

    Somebody whom Constant Contact waits for is not mailable, and may be confirming just now.
    """
    permission = ((state.there or {}).get("email_address") or {}).get("permission_to_send")
    must_follow = state.there is not None and permission != "pending_confirmation"
    words = _on_record(standing)
    if not state.asked:
        return Consent(blocked=_with(words, state.turned_down), unsubscribe=must_follow)
    is_own = any(out.acted_by != "firm" for out in standing)
    out_at = max(out.since for out in standing if out.acted_by != "firm" or not is_own)
    verdict = judge_requests(state, is_own=is_own, out_at=out_at)
    if verdict.is_lifted:
        return Consent(
            lifted=_ids(state), is_own=is_own, policy=verdict.policy, given=verdict.given
        )
    return Consent(blocked=_with(words, verdict.words), unsubscribe=must_follow, ends=verdict.ends)


def _coming_back(state: AddressState) -> Consent:
    """The contact there is unsubscribed and no box is ticked: only a counted untick lifts that."""
    address = (state.there or {}).get("email_address") or {}
    by_person = address.get("opt_out_source") == "Contact" or any(
        out.acted_by == "person" for out in state.opt_outs
    )
    out_at = parse_moment(address.get("opt_out_date"))
    words = unsubscribed_words(by_person=by_person, at=out_at)
    if not state.asked:
        return Consent(blocked=_with(words, state.turned_down))
    verdict = judge_requests(state, is_own=by_person, out_at=out_at)
    if verdict.is_lifted:
        return Consent(
            resubscribe=_ids(state), is_own=by_person, policy=verdict.policy, given=verdict.given
        )
    return Consent(
        blocked=_with(words, verdict.words),
        ends=verdict.ends,
        ask=_ids(state) if verdict.must_ask else (),
    )


def without_asking(state: AddressState, consent: Consent) -> Consent:
    """Return what consent allows where the contact there is on no list and cannot be asked."""
    end = RequestEnd(
        ids=consent.ask,
        state="waiting_evidence",
        reason=CANNOT_BE_ASKED,
        policy="confirm",
        opted_out_at=parse_moment(state.there["email_address"].get("opt_out_date"))
        if state.there
        else None,
    )
    blocked = _with(consent.blocked or "", CANNOT_BE_ASKED)
    return replace(consent, ask=(), ends=(end,), blocked=blocked)


def is_unsubscribed(there: Mapping[str, Any] | None) -> bool:
    """Tell whether the contact there may not be mailed by the person's or the firm's word."""
    return ((there or {}).get("email_address") or {}).get("permission_to_send") == "unsubscribed"


def unsubscribed_words(*, by_person: bool, at: datetime | None) -> str:
    """Return who unsubscribed and when, in words for people.

    >>> from datetime import UTC, datetime
    >>> unsubscribed_words(by_person=True, at=datetime(2026, 3, 1, tzinfo=UTC))
    'Unsubscribed by the person on 2026-03-01'
    """
    who = "the person" if by_person else "the firm"
    return f"Unsubscribed by {who}" + (f" on {at:%Y-%m-%d}" if at else "")


def _opted_in_since(state: AddressState, out: OptOut) -> bool:
    """Tell whether the person subscribed again by their own act after the opt-out on record.

    What a contact brings along was said of another address: who opted out here has not come back.
    """
    address = (state.there or {}).get("email_address") or {}
    opted_in_at = parse_moment(address.get("opt_in_date"))
    return (
        out.acted_by != "complaint"
        and address.get("opt_in_source") == "Contact"
        and opted_in_at is not None
        and opted_in_at > out.since
        and (state.address_since is None or opted_in_at > state.address_since)
    )


def _on_record(standing: Iterable[OptOut]) -> str:
    first = min(standing, key=lambda out: out.since)
    return unsubscribed_words(by_person=first.acted_by != "firm", at=first.since)


def _with(words: str, more: str | None) -> str:
    return f"{words}; {more}" if more else words


def _ids(state: AddressState) -> tuple[int, ...]:
    return tuple(request.id for request in state.asked)


def _end(state: AddressState, what: RequestState, reason: str) -> tuple[RequestEnd, ...]:
    return (RequestEnd(ids=_ids(state), state=what, reason=reason),) if state.asked else ()
