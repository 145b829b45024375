"""Checks of lists and of who is on them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.delivery.decide_consent import is_unsubscribed
from bridge.explain.model import Finding

if TYPE_CHECKING:
    from bridge.delivery.model import Membership
    from bridge.explain.model import ListRow, Snapshot

_TAKEN = "another list in Practifi"
_DELETED = "was deleted in Constant Contact"


def on_a_list(s: Snapshot) -> Finding | None:
    """Whether Practifi has a membership that takes part."""
    if s.state is None:
        return None
    left_out = [row.left_out for row in s.memberships if row.left_out is not None]
    if s.memberships and len(left_out) == len(s.memberships):
        return Finding(facts={"reason": left_out[0]}, cause="membership_left_out")
    if s.memberships:
        return Finding(facts={"lists": [row.list_id for row in s.memberships]})
    only_there = _lists_there(s)
    if only_there:
        return Finding(facts={"only there": sorted(only_there)}, cause="foreign_membership")
    return Finding(cause="not_on_a_list")


def lists_there(s: Snapshot) -> Finding | None:
    """Whether the lists of the memberships are in Constant Contact."""
    missing = [row for row in _taking_part(s) if row.cc_list_id is None]
    if not missing:
        return None
    first = missing[0].list_id
    row = next((each for each in s.list_rows if each.sf_id == first), None)
    facts = {"list": first}
    if row is not None and row.name:
        facts["name"] = row.name
    if row is not None and row.deleted_there_at is not None:
        return Finding(facts=facts, cause="list_deleted_there", at=row.deleted_there_at)
    if row is not None and row.blocked_reason is not None:
        facts["reason"] = row.blocked_reason
        return Finding(facts=facts, cause="list_refused")
    return Finding(facts=facts, cause="list_not_there_yet")


def room(s: Snapshot) -> Finding | None:
    """Whether the contact there fits on one more list."""
    over = s.lists.over if s.lists else frozenset()
    names = {row.sf_id: row.name for row in s.list_rows}
    mine = [
        names.get(row.list_id) or row.list_id for row in _taking_part(s) if row.cc_list_id in over
    ]
    return Finding(facts={"lists": mine}, cause="too_many_lists") if mine else None


def left(s: Snapshot) -> Finding | None:
    """Whether the person left one of the lists by their own act."""
    if s.state is None or s.person is None:
        return None
    asked = {row.list_id for row in s.memberships}
    gone = [
        base.list_id
        for base in s.state.bases
        if base.lost_by_person
        and base.contact_id == s.person.contact_id
        and base.list_id in asked
        and base.cc_list_id not in _lists_there(s)
    ]
    return Finding(facts={"list": gone[0]}, cause="left_list") if gone else None


def on_lists_there(s: Snapshot) -> Finding | None:
    """Whether the contact there is on every list that Practifi has it on."""
    if s.state is None or s.person is None:
        return None
    there = _lists_there(s)
    missing = [row.list_id for row in _taking_part(s) if row.cc_list_id not in there]
    if missing:
        return Finding(facts={"not on": missing}, cause="not_on_list_there")
    return Finding(facts={"on": len(there)})


def last_list(s: Snapshot) -> Finding | None:
    """What becomes of the contact there once Practifi has ended its last membership."""
    state, there = s.state, s.state.there if s.state else None
    if state is None or there is None or there.get("deleted_at"):
        return None
    asked = {row.cc_list_id for person in state.people for row in person.memberships}
    fate = "it is deleted there, by the policy on_last_list_removed"
    if state.on_last_list_removed == "keep":
        fate = "the contact stays, by the policy on_last_list_removed"
    elif is_unsubscribed(there) or state.opt_outs:
        fate = "the contact stays: the person has opted out"
    elif any(base.lost_by_person for base in state.bases):
        fate = "the contact stays: the person has left a list by their own act"
    elif _lists_there(s) - asked:
        fate = "the contact stays: it is on a list that only Constant Contact has it on"
    return Finding(facts={"after its last list": fate})


def counterpart(s: Snapshot) -> Finding | None:
    """Whether the list's counterpart was deleted, or its name is another's."""
    row = _the_list(s)
    if row is None:
        return None
    reason = row.blocked_reason or ""
    facts = {"reason": reason} if reason else {"name there": row.name_there}
    if row.deleted_there_at is not None or _DELETED in reason:
        return Finding(facts=facts, cause="list_deleted_there", at=row.deleted_there_at)
    if _TAKEN in reason:
        return Finding(facts=facts, cause="list_name_taken")
    return None


def made_there(s: Snapshot) -> Finding | None:
    """Whether the list is in Constant Contact."""
    row = _the_list(s)
    if row is None or not row.is_linked:
        return Finding(cause="list_not_made")
    return Finding(facts={"list there": row.cc_id, "name": row.name_there})


def _the_list(s: Snapshot) -> ListRow | None:
    return s.list_rows[0] if s.list_rows else None


def _taking_part(s: Snapshot) -> list[Membership]:
    return [row for row in s.memberships if row.left_out is None]


def _lists_there(s: Snapshot) -> frozenset[str]:
    contact = (s.state.there if s.state else None) or {}
    return frozenset(contact.get("list_memberships") or ())
