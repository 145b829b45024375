"""What a person or a schedule agreed to: the digest of a step as its plan showed it. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from bridge.errors import BridgeError

if TYPE_CHECKING:
    from bridge.delivery.model import Step

_LISTS = frozenset({"create_list", "rename_list"})


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
