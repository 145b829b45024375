"""Which effects are read back before they count as confirmed, and whether they were found. Pure.

An answer says what the vendor has understood; what it keeps is known by reading alone. Changes of
permission and removals from lists are worth that call: mail that somebody did not want cannot be
taken back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.delivery.decide_consent import is_unsubscribed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.delivery.model import Step

PERMISSIONS = frozenset({"unsubscribe", "resubscribe"})


def must_be_read_back(step: Step) -> bool:
    """Tell whether a step counts only once its effect was read."""
    return step.kind in PERMISSIONS or step.kind == "delete_contact" or bool(_removed(step))


def contradiction(
    step: Step, answer: Mapping[str, Any], found: Mapping[str, Any] | None
) -> str | None:
    """Return what was found to be otherwise than a step was answered, or None.

    Args:
        step: What was sent.
        answer: The contact as the answer to it showed it.
        found: The contact as it was read afterwards; None: it is not there any more.
    """
    if step.kind == "delete_contact":
        return None if found is None or found.get("deleted_at") else "it is not deleted"
    if found is None:
        return "the contact is not there any more"
    on = set(found.get("list_memberships") or ())
    if step.kind == "unsubscribe":
        return None if is_unsubscribed(found) else "it is still subscribed"
    if step.kind == "resubscribe":
        if is_unsubscribed(found):
            return "it is still unsubscribed"
        missing = set(answer.get("list_memberships") or ()) - on
        return f"it is missing from {len(missing)} of its lists" if missing else None
    kept = _removed(step) & on
    return f"it is still on {len(kept)} of the lists that it was taken off" if kept else None


def _removed(step: Step) -> set[str]:
    """Return the lists that a step takes a contact off."""
    before, after = step.change.get("list_memberships", ((), ()))
    return set(before or ()) - set(after or ())
