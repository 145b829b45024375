"""What becomes of a member once its activity has ended and it was decided on again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from bridge.mirror.model import parse_moment

if TYPE_CHECKING:
    from datetime import datetime

    from bridge.delivery.bulk.model import Member
    from bridge.delivery.model import Decision, Resource, Step

Fate: TypeAlias = Literal["finished", "consent", "buried", "later", "singly", "again"]

_CONSENT = frozenset({"unsubscribe", "resubscribe"})


class Window(NamedTuple):
    """When an activity was at work, by the vendor's clock (UTC)."""

    began_at: datetime
    ended_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What becomes of a member, and what its step says.

    Attributes:
        fate: `finished`: nothing is left to do; `consent`: at once, in the consent lane; `buried`:
            a dead letter; `later`: in another round, a few times; `singly`: by itself; `again`: as
            it comes.
        step: The state that its step ends in.
        outcome: Why, in words for people, or None.
    """

    fate: Fate
    step: Literal["confirmed", "skipped", "refused", "failed"]
    outcome: str | None = None


def verdict(  # noqa: PLR0911 -- one return a fate
    decision: Decision,
    member: Member,
    *,
    is_newer: bool,
    is_complete: bool,
    words: str | None,
) -> Verdict:
    """Return what becomes of a member.

    Args:
        decision: What is to be done on the account as it was read after the activity.
        member: What was sent of it.
        is_newer: Something came from Practifi since that was decided.
        is_complete: Every row of the activity had its turn.
        words: The vendor's words about this row, or about the whole activity; or None.
    """
    if not decision.steps:
        return Verdict(fate="finished", step="confirmed")
    if any(step.kind in _CONSENT for step in decision.steps):
        return Verdict(fate="consent", step="skipped", outcome="consent goes first")
    if not _is_left(decision.steps[0], member):
        return Verdict(fate="again", step="confirmed", outcome="the rest is done by itself")
    if is_newer or member.number is None:
        return Verdict(fate="again", step="skipped", outcome="it has changed since it was sent")
    if words is not None and is_complete:
        reason = f"Constant Contact refuses it: {words}"
        return Verdict(fate="buried", step="refused", outcome=reason)
    if not is_complete and words is None:
        reason = "the activity did not come to its end"
        return Verdict(fate="later", step="failed", outcome=reason)
    return Verdict(fate="singly", step="skipped", outcome=words or "not done: sent by itself")


def is_shown(there: Resource, window: Window | None) -> bool:
    """Tell whether a contact is as the activity left it: its last change is the activity's own."""
    changed_at = parse_moment(there.get("updated_at"))
    return (
        window is not None
        and changed_at is not None
        and there.get("update_source") in {"Account", None}
        and window.began_at <= changed_at <= window.ended_at
    )


def _is_left(step: Step, member: Member) -> bool:
    """Whether a step would do again what was sent."""
    if step.kind == "create_contact":
        return True
    if step.kind != "update_contact":
        return False
    old, new = step.change.get("list_memberships", ((), ()))
    adds, drops = set(new) - set(old), set(old) - set(new)
    return bool(member.fields & set(step.change) or member.adds & adds or member.drops & drops)
