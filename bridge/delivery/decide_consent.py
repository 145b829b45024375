"""Decide what consent allows at one address: the strictest of everything that is known. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bridge.delivery.model import AddressState, RequestEnd
from bridge.mirror.model import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from bridge.consent.standing import OptOut

OPT_OUT_REASON = "Do Not Email is ticked in Practifi"


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What consent allows at an address.

    Attributes:
        blocked: Why nothing may be added or mailed, or None.
        unsubscribe: The contact there must be unsubscribed.
        resubscribe: The contact there is subscribed again, for these requests.
        lifted: Requests that lift what is only on record: nobody there is unsubscribed.
        is_own: The person had opted out themselves.
    """

    blocked: str | None = None
    unsubscribe: bool = False
    resubscribe: tuple[int, ...] = ()
    lifted: tuple[int, ...] = ()
    is_own: bool = False
    ends: tuple[RequestEnd, ...] = ()


def decide_consent(state: AddressState) -> Consent:
    """Return what consent allows: the strictest of all sharers, of the record, of what is there."""
    open_ids = tuple(request.id for request in state.asked)
    ticked = any(person.do_not_email for person in state.people)
    is_out = is_unsubscribed(state.there)
    if ticked:
        ends = _end(open_ids, "withdrawn", "Do Not Email is ticked for a contact at this address")
        return Consent(blocked=OPT_OUT_REASON, unsubscribe=not is_out, ends=ends)
    if any(person.do_not_email is None for person in state.people):
        return Consent(blocked="Do Not Email is not known")
    if is_out:
        return _coming_back(state, open_ids)
    standing = [out for out in state.opt_outs if not _opted_in_since(state.there, out)]
    if standing:
        return _standing(state, standing, open_ids)
    if open_ids and state.is_there_known:
        return Consent(ends=_end(open_ids, "withdrawn", "there was nothing to reset"))
    return Consent()


def _standing(state: AddressState, standing: list[OptOut], open_ids: tuple[int, ...]) -> Consent:
    """An opt-out is on record and nobody there is unsubscribed: it follows, unless it is lifted."""
    blocked = Consent(blocked=_on_record(standing), unsubscribe=state.there is not None)
    if not open_ids:
        return blocked
    is_own = any(out.acted_by != "firm" for out in standing)
    out_at = max((out.since for out in standing if out.acted_by != "firm"), default=None)
    ends, is_lifted = _verdict(state, open_ids, is_own=is_own, out_at=out_at)
    return Consent(lifted=open_ids, is_own=is_own) if is_lifted else replace(blocked, ends=ends)


def _coming_back(state: AddressState, open_ids: tuple[int, ...]) -> Consent:
    """The contact there is unsubscribed and no box is ticked: only a counted untick lifts that."""
    address = (state.there or {}).get("email_address") or {}
    by_person = address.get("opt_out_source") == "Contact" or any(
        out.acted_by == "person" for out in state.opt_outs
    )
    out_at = parse_moment(address.get("opt_out_date"))
    blocked = unsubscribed_words(by_person=by_person, at=out_at)
    if not open_ids:
        return Consent(blocked=blocked)
    ends, is_lifted = _verdict(state, open_ids, is_own=by_person, out_at=out_at)
    if is_lifted:
        return Consent(resubscribe=open_ids, is_own=by_person)
    return Consent(blocked=blocked, ends=ends)


def _verdict(
    state: AddressState, open_ids: tuple[int, ...], *, is_own: bool, out_at: datetime | None
) -> tuple[tuple[RequestEnd, ...], bool]:
    """Return what becomes of the requests, and whether they lift the opt-out."""
    reason = _refusal(state, is_own=is_own, out_at=out_at)
    if reason is not None:
        return _end(open_ids, "refused", reason), False
    if not is_own:
        return (), True
    if state.recent_own_unticks > state.mass_untick_limit:
        reason = "many people who had opted out were unticked at once: waits for an approver"
        return _end(open_ids, "held", reason), False
    return (), all(request.state != "held" for request in state.asked)


def _refusal(state: AddressState, *, is_own: bool, out_at: datetime | None) -> str | None:
    """Return why an untick lifts nothing here, or None."""
    if any(out.acted_by == "complaint" for out in state.opt_outs):
        return "the person complained of spam: only they can subscribe again"
    if all(_came_from_elsewhere(state, request.contact_id) for request in state.asked):
        return "Do Not Email was unticked for another address: this one had opted out before"
    asked_at = max(request.asked_at for request in state.asked)
    if out_at is None or out_at <= asked_at:
        return None
    if is_own:
        return "the person unsubscribed after Do Not Email was unticked"
    if out_at > (state.last_write_at or asked_at):
        # Not the bridge's doing, however late it carried a tick out: it wrote before that.
        return "unsubscribed in Constant Contact after Do Not Email was unticked"
    return None


def _came_from_elsewhere(state: AddressState, asker: str) -> bool:
    """Whether who asks was another contact there so far: that one is what the untick was about."""
    there_id = None if state.there is None else str(state.there["contact_id"])
    linked = next((one.linked_to for one in state.people if one.contact_id == asker), None)
    return None not in {there_id, linked} and linked != there_id


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


def _opted_in_since(there: Mapping[str, Any] | None, out: OptOut) -> bool:
    """The person subscribed again by their own act after the opt-out on record."""
    address = (there or {}).get("email_address") or {}
    opted_in_at = parse_moment(address.get("opt_in_date"))
    return (
        out.acted_by != "complaint"
        and address.get("opt_in_source") == "Contact"
        and opted_in_at is not None
        and opted_in_at > out.since
    )


def _on_record(standing: Iterable[OptOut]) -> str:
    first = min(standing, key=lambda out: out.since)
    return unsubscribed_words(by_person=first.acted_by != "firm", at=first.since)


def _end(ids: tuple[int, ...], state: Any, reason: str) -> tuple[RequestEnd, ...]:
    return (RequestEnd(ids=ids, state=state, reason=reason),) if ids else ()
