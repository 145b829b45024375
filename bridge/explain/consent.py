"""Checks of consent: the box, what stands on record, and whoever asked to come back. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.delivery.decide_consent import is_unsubscribed
from bridge.explain.delivery import waits
from bridge.explain.model import Finding
from bridge.mirror.model import parse_moment

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.explain.model import Snapshot

_HELD = {
    "held": "untick_held",
    "waiting_evidence": "evidence_missing",
    "waiting_person": "confirmation_awaited",
    "refused": "untick_refused",
    "not_confirmed": "not_confirmed",
}


def box_known(s: Snapshot) -> Finding | None:
    """Whether Do Not Email is known of everybody at the address."""
    if s.state is None:
        return None
    unknown = [person.contact_id for person in s.state.people if person.do_not_email is None]
    if unknown and not any(person.do_not_email for person in s.state.people):
        return Finding(facts={"not known of": unknown}, cause="box_unknown")
    return Finding(facts={"known": True})


def carried_out(s: Snapshot) -> Finding | None:
    """Whether a tick has reached Constant Contact."""
    contact = s.state.there if s.state else None
    ticked = any(person.do_not_email for person in s.state.people) if s.state else False
    is_mailable = contact is not None and not contact.get("deleted_at")
    delivery = waits(s)
    if not ticked or (not is_mailable and delivery.cause is None):
        return None  # nobody there needs it, and nobody is still to be looked for
    permission = ((contact or {}).get("email_address") or {}).get("permission_to_send")
    facts: dict[str, Any] = {"there": permission}
    if is_unsubscribed(contact):
        return Finding(facts=facts, at=_opted_out_at(s))
    facts |= {**delivery.facts, "because": delivery.cause or "nothing waits"}
    return Finding(facts=facts, cause="opt_out_waits")


def box(s: Snapshot) -> Finding | None:
    """Whether Do Not Email is ticked, by the person in question or by a sharer."""
    if s.state is None:
        return None
    if s.person is not None and s.person.do_not_email:
        return Finding(facts={"ticked": True}, cause="box_ticked", at=_opted_out_at(s))
    by = next((each.contact_id for each in s.state.people if each.do_not_email), None)
    if by is not None:
        facts = {"ticked": True, "by": by}
        return Finding(facts=facts, cause="box_ticked_by_sharer", at=_opted_out_at(s))
    return Finding(facts={"ticked": False})


def coming_back(s: Snapshot) -> Finding | None:
    """What became of the last request to mail the address again."""
    if s.request is None:
        return None
    facts = {"asked": s.request.state}
    if s.request.reason:
        facts["reason"] = s.request.reason
    is_out = s.consent is not None and s.consent.blocked is not None
    cause = _HELD.get(s.request.state) if is_out else None
    if cause == "untick_refused" and _is_complaint(s):
        cause = None  # the complaint itself is told
    return Finding(facts=facts, cause=cause, at=s.request.made_at)


def opted_out(s: Snapshot) -> Finding | None:
    """Whether an opt-out stands, there or on record, and whose it is."""
    if s.state is None or s.consent is None:
        return None
    if s.consent.blocked is None:
        return Finding(facts={"opted out": False})
    if _is_complaint(s):
        cause = "complained"
    elif _is_by_person(s):
        cause = "opted_out_by_person"
    else:
        cause = "opted_out_by_firm"
    return Finding(facts={"opted out": s.consent.blocked}, cause=cause, at=_opted_out_at(s))


def _is_complaint(s: Snapshot) -> bool:
    return s.state is not None and any(out.acted_by == "complaint" for out in s.state.opt_outs)


def _is_by_person(s: Snapshot) -> bool:
    if s.state is None:
        return False
    there = ((s.state.there or {}).get("email_address") or {}).get("opt_out_source")
    is_there = is_unsubscribed(s.state.there) and there == "Contact"
    return is_there or any(out.acted_by == "person" for out in s.state.opt_outs)


def _opted_out_at(s: Snapshot) -> datetime | None:
    if s.state is None:
        return None
    there = ((s.state.there or {}).get("email_address") or {}).get("opt_out_date")
    return parse_moment(there) or min((out.since for out in s.state.opt_outs), default=None)
