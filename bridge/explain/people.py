"""Checks of a person, by the record and by the contact there. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.delivery.flapping import paused_fields
from bridge.delivery.owner import choose_owner
from bridge.delivery.write_rules import kept
from bridge.explain.model import Finding
from bridge.plans.text import label_of, shown

if TYPE_CHECKING:
    from bridge.explain.model import Snapshot

_NOT_YET = ("pending_confirmation", "temp_hold")


def address(s: Snapshot) -> Finding | None:
    """Whether the person has an e-mail address that can be one."""
    if s.key is not None:
        return Finding(facts={"address": s.key})
    if s.record is None or (s.record.unknown_fields and s.record.email_written is None):
        return Finding(cause="not_read_yet")
    if s.record.kind == "membership":
        return Finding(facts={"contact": "not known, or without an address"}, cause="no_email")
    if (s.record.email_written or "").strip():
        return Finding(facts={"written": s.record.email_written}, cause="invalid_email")
    return Finding(cause="no_email")


def takes_part(s: Snapshot) -> Finding | None:
    """Whether the mapping lets the record take part."""
    reason = s.record.left_out if s.record else None
    if s.person is not None and s.person.left_out is not None and not s.person.is_faulty:
        reason = s.person.left_out
    if reason is not None:
        facts: dict[str, object] = {"reason": reason}
        if s.record is not None and s.record.marks:
            facts["marked by"] = ", ".join(s.record.marks)
        return Finding(facts=facts, cause="left_out")
    return Finding(facts={"takes part": True})


def values(s: Snapshot) -> Finding | None:
    """Whether every mapped value can be sent."""
    fault = s.record.fault if s.record else None
    if s.person is not None and s.person.is_faulty:
        fault = s.person.left_out
    if fault is not None:
        return Finding(facts={"fault": fault}, cause="conversion_fault")
    return Finding(facts={"values": "can be sent"})


def sharers(s: Snapshot) -> Finding | None:
    """Who else uses the address, and whose fields are sent."""
    if s.state is None or len(s.state.people) < 2:  # noqa: PLR2004 -- one person shares nothing
        return None
    owner = choose_owner(s.state)
    others = [person.contact_id for person in s.state.people if person is not s.person]
    return Finding(
        facts={"shared with": others, "fields sent": owner.contact_id if owner else "nobody's"}
    )


def there(s: Snapshot) -> Finding | None:
    """Whether Constant Contact has the contact."""
    contact = s.state.there if s.state else None
    if contact is None:
        return Finding(cause="not_there")
    facts: dict[str, Any] = {"contact_there": str(contact["contact_id"])}
    if contact.get("deleted_at"):
        return Finding(facts=facts | {"deleted": contact["deleted_at"]}, cause="deleted_there")
    return Finding(facts=facts, at=s.state.last_write_at if s.state else None)


def kept_there(s: Snapshot) -> Finding | None:
    """Which fields stay as they are there because the mapping's write rules say so."""
    owner = None if s.state is None else choose_owner(s.state)
    if s.state is None or owner is None or owner.wanted is None:
        return None
    state = s.state
    found = kept(state.there, owner.wanted, state.custom_field_ids, state.write_rules)
    facts = {label_of(name): f"kept: write rule {rule}" for name, rule in found.items()}
    return Finding(facts=facts) if facts else None


def fields_there(s: Snapshot) -> Finding | None:
    """Whether a field is left alone, because somebody there keeps setting it back."""
    if s.state is None or not s.state.flapping:
        return None
    paused = paused_fields(s.state, choose_owner(s.state))
    if not paused:
        return None
    facts = {
        label_of(one.field): f"{shown(one.ours)} here, {shown(one.theirs)} there" for one in paused
    }
    return Finding(facts=facts, cause="field_paused")


def permission(s: Snapshot) -> Finding | None:
    """Whether Constant Contact mails the contact."""
    contact = s.state.there if s.state else None
    stands = ((contact or {}).get("email_address") or {}).get("permission_to_send")
    return Finding(facts={"permission": stands}, cause=stands if stands in _NOT_YET else None)
