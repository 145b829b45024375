"""A membership that only Constant Contact has, as a step that gives it a record. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from bridge.delivery.foreign import Adoption
from reconciler.runs.model import PlannedStep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.plans.model import StoredStep

KIND = "adopt_membership"


def adopting_step(key: str, there: Mapping[str, Any], adoption: Adoption) -> PlannedStep:
    """Return the step of a plan that gives a membership its record.

    Args:
        key: The address.
        there: The contact there.
        adoption: Whose membership of which list it is.
    """
    body = {
        "practifi_contact": adoption.contact_id,
        "list": adoption.list_id,
        "list_there": adoption.cc_list_id,
    }
    return PlannedStep(
        key=f"address:{key}:{KIND}:{adoption.list_id}",
        kind=KIND,
        subject_kind="address",
        subject_key=key,
        reason="only Constant Contact has the membership",
        facts=hashlib.sha256(json.dumps([KIND, *adoption]).encode()).digest(),
        body=body,
        cc_id=str(there["contact_id"]),
        change={"membership": (None, adoption.list_id)},
        calls=0,
    )


def adoption_of(step: StoredStep) -> Adoption:
    """Return whose membership of which list a stored step is about."""
    body = step.body
    return Adoption(str(body["practifi_contact"]), str(body["list"]), str(body["list_there"]))
