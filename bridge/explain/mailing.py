"""Checks of one mailing and one person: did she get it, and does Practifi say so. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.constant_contact.bounces import bounce_result, bounce_words
from bridge.delivery.decide_consent import is_unsubscribed
from bridge.explain.model import Finding
from bridge.mirror.model import parse_moment

if TYPE_CHECKING:
    from bridge.explain.model import Snapshot


def campaign(s: Snapshot) -> Finding | None:
    """Whether a campaign of this name is known."""
    if s.mailing is None:
        return Finding(facts={"campaign": s.campaign}, cause="campaign_unknown")
    return Finding(facts={"campaign": s.mailing.name, "status": s.mailing.status})


def contact_there(s: Snapshot) -> Finding | None:
    """Whether Constant Contact has the person."""
    there = s.state.there if s.state else None
    if there is None:
        return Finding(cause="contact_not_there")
    return Finding(facts={"contact_there": str(there["contact_id"])})


def sent(s: Snapshot) -> Finding | None:
    """Whether the campaign was sent, and its reports were read."""
    mailing = s.mailing
    if mailing is None:
        return None
    facts = {"status": mailing.status}
    if mailing.first_sent_at is None and (mailing.status or "").upper() != "DONE":
        return Finding(facts=facts, cause="campaign_not_sent")
    if not mailing.is_read:
        return Finding(facts=facts, cause="reports_not_read")
    return Finding(facts=facts, at=mailing.first_sent_at)


def sent_to(s: Snapshot) -> Finding | None:
    """Whether it was sent to the person; if not, why not."""
    mailing = s.mailing
    if mailing is None:
        return None
    told = mailing.events.get("send") or next(iter(mailing.events.values()), None)
    if told is not None:
        return Finding(facts={"sent to the person": True}, at=told[1])
    facts: dict[str, Any] = {"on its lists now": mailing.is_on_its_lists}
    sent_at = mailing.first_sent_at
    there = (s.state.there if s.state else None) or {}
    out_at = parse_moment((there.get("email_address") or {}).get("opt_out_date"))
    if is_unsubscribed(there) and (out_at is None or sent_at is None or out_at < sent_at):
        return Finding(facts=facts, cause="opted_out_before", at=out_at)
    if not mailing.is_on_its_lists:
        return Finding(facts=facts, cause="not_on_its_lists")
    if mailing.joined_at is not None and sent_at is not None and mailing.joined_at > sent_at:
        return Finding(facts=facts, cause="joined_later", at=mailing.joined_at)
    return Finding(facts=facts, cause="not_sent_to")


def arrived(s: Snapshot) -> Finding | None:
    """Whether it arrived, as far as the bounces tell."""
    mailing = s.mailing
    if mailing is None:
        return None
    if mailing.bounce_code is None:
        return Finding(facts={"bounced": False})
    facts = {"bounce": bounce_words(mailing.bounce_code), "code": mailing.bounce_code}
    is_lost = bounce_result([mailing.bounce_code]) is not None
    at = mailing.events["bounce"][1] if "bounce" in mailing.events else None
    return Finding(facts=facts, cause="bounced" if is_lost else None, at=at)


def opened(s: Snapshot) -> Finding | None:
    """What the person did with it; not to open it is no fault."""
    events = s.mailing.events if s.mailing else {}
    facts = {kind: events[kind][0] for kind in ("open", "click", "forward") if kind in events}
    return Finding(facts=facts or {"opened": "not known of"})


def opted_out(s: Snapshot) -> Finding | None:
    """Whether the person opted out by its link; it tells why later ones do not come."""
    told = s.mailing.events.get("optout") if s.mailing else None
    return None if told is None else Finding(facts={"opted out": True}, at=told[1])


def interaction(s: Snapshot) -> Finding | None:
    """Whether Practifi shows it as an Interaction."""
    mailing = s.mailing
    if mailing is None:
        return None
    if mailing.interaction_error is not None:
        return Finding(facts={"error": mailing.interaction_error}, cause="interaction_refused")
    if mailing.interaction_id is None:
        return Finding(cause="interaction_waits")
    return Finding(facts={"interaction": mailing.interaction_id}, at=mailing.interaction_at)
