"""What a person or a schedule agreed to: the digest of a step as its plan showed it. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bridge.delivery.model import Step
    from bridge.plans.model import StoredStep

_CONSENT = frozenset({"unsubscribe", "resubscribe", "ask_person"})
_LISTS = frozenset({"create_list", "rename_list", "adopt_list", "rename_record"})
_CUSTOM = "custom_fields"


class StalePlan(BridgeError):
    """What was planned is not what is to be done any more; nothing was sent."""


def facts_of(step: Step) -> bytes:
    """Return the digest of what a step does, as a plan shows it.

    What is sent beside that, because a write replaces the whole contact, is read anew before it is
    sent: another value of it does not make another step.
    """
    if step.kind in _LISTS:
        what: object = step.body.get("name")
    elif step.kind == "create_contact":
        what = step.body
    else:
        what = {name: list(pair) for name, pair in step.change.items()}
    text = json.dumps([step.kind, step.contact_id, what], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).digest()


def facts_of_record(body: Mapping[str, Any]) -> bytes:
    """Return the digest of what is written to a record of Practifi."""
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()


def is_agreed(step: Step, planned: Iterable[StoredStep]) -> bool:
    """Tell whether a step does no more than one of those that a plan showed.

    It may do less: part of it may have been done meanwhile, by a step of another address or by
    hand. It may fill custom fields that the account did not have yet when it was planned: those are
    made before the first contact is written. What a tick or a counted untick asks for is agreed to
    by it, on every road.
    """
    if step.kind in _CONSENT:
        return True
    facts = facts_of(step)
    return any(
        one.facts == facts
        or (
            step.kind == one.kind == "update_contact"
            and step.contact_id == one.cc_id
            and _is_part(step.change, one.change)
        )
        or (step.kind == one.kind == "create_contact" and _adds_fields(one.body, step.body))
        for one in planned
    )


def _adds_fields(planned: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Tell whether a body is a planned one, with more custom fields at most."""
    named = [json.loads(json.dumps(one, default=str)) for one in (planned, body)]
    before, after = (one.pop(_CUSTOM, None) or [] for one in named)
    return named[0] == named[1] and all(row in after for row in before)


def _is_part(change: Mapping[str, tuple[Any, Any]], planned: Mapping[str, tuple[Any, Any]]) -> bool:
    for name, (old, new) in change.items():
        if name not in planned:
            if name.startswith(f"{_CUSTOM}.") and old is None:
                continue
            return False
        planned_old, planned_new = planned[name]
        if name == "list_memberships":
            before, after = set(planned_old or ()), set(planned_new or ())
            now, then = set(old or ()), set(new or ())
            if then - now - after or (now - then) & after or (now - then) - before:
                return False
        elif new != planned_new:
            return False
    return True
