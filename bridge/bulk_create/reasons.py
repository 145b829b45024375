"""Why somebody cannot be put on a list, as pages say it. Pure.

Only what both mirrors know: whoever is added goes the road of every membership, and is decided
on there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.bulk_create.model import Facts

MEMBER = "Already on this list"
GONE = "Deleted in Practifi"
NO_ADDRESS = "No e-mail address in Practifi"
NOT_VALID = "Address not valid"
TICKED = "Do Not Email is ticked"
TICKED_FOR_SHARER = "Do Not Email is ticked for another contact at this address"
NOT_KNOWN = "Do Not Email is not known"
FULL = "Already on 50 lists"

_LISTS_AT_MOST = 50


def why_not(facts: Facts) -> str | None:  # noqa: PLR0911 -- one return a rule
    """Return why somebody cannot be put on a list, or None where they can.

    >>> from bridge.bulk_create.model import Facts
    >>> why_not(Facts(contact_id="003", list_id="a01", name="Ann"))
    'No e-mail address in Practifi'
    """
    if not facts.is_there:
        return GONE
    if facts.is_member:
        return MEMBER
    if facts.email_key is None:
        return NOT_VALID if (facts.typed_address or "").strip() else NO_ADDRESS
    if facts.do_not_email:
        return TICKED
    if facts.sharer_ticked:
        return TICKED_FOR_SHARER
    if facts.do_not_email is None:
        return NOT_KNOWN
    unsubscribed = _unsubscribed(facts)
    if unsubscribed is not None:
        return unsubscribed
    if facts.left_at is not None:
        return f"Left this list on {_day(facts.left_at)}"
    if facts.left_out is not None:
        return facts.left_out
    return FULL if facts.lists_there >= _LISTS_AT_MOST else None


def _unsubscribed(facts: Facts) -> str | None:
    """Return by whom and when somebody was unsubscribed; their own word goes before the firm's."""
    is_out_there = facts.permission == "unsubscribed"
    if facts.opted_out_by == "complaint":
        return _words("Reported as spam by the person", facts.opted_out_at)
    if facts.opted_out_by == "person":
        return _words("Unsubscribed by the person", facts.opted_out_at)
    if is_out_there and facts.opt_out_source == "Contact":
        return _words("Unsubscribed by the person", facts.opted_out_there_at)
    if is_out_there or facts.opted_out_by == "firm":
        return _words("Unsubscribed by the firm", facts.opted_out_at or facts.opted_out_there_at)
    return None


def _words(what: str, at: datetime | None) -> str:
    return what if at is None else f"{what} on {_day(at)}"


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"
