"""Fields that somebody there sets back again and again: which are not written any more. Pure.

A field is set back where the contact had the wanted value after the bridge's last write and has
another one now. The third time within seven days it is left as it is there, until both sides agree,
Practifi says something else, or a person lets it go. Permissions and lists are never among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from bridge.delivery.merge import changes, spelled, without
from bridge.delivery.write_rules import written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bridge.delivery.merge import Changes
    from bridge.delivery.model import AddressState, Decision, Person, Step

TIMES = 3
"""How often somebody may set a field back before it is paused."""

DAYS = 7
"""Days within which these times count."""


class PausedField(NamedTuple):
    """A field that is left as it is there.

    Attributes:
        field: As in the changes of a step.
        ours: What the mapping makes of the record.
        theirs: What is there instead of it.
    """

    field: str
    ours: Any
    theirs: Any


def paused_fields(state: AddressState, owner: Person | None) -> tuple[PausedField, ...] | None:
    """Return the fields of an address that are not written; None where nothing would be written."""
    if owner is None or owner.wanted is None or state.there is None:
        return None
    if not state.flapping:
        return ()
    wanted = written(state.there, owner.wanted, state.custom_field_ids, state.write_rules)
    differing = changes(state.there, wanted, state.custom_field_ids)
    set_back = _set_back(differing, state, owner.wanted)
    found = []
    for one in state.flapping:
        theirs, ours = differing.get(one.field, (None, None))
        is_same = one.field in differing and spelled(ours) == spelled(one.ours)
        if is_same and (one.is_paused or one.field in set_back):
            found.append(PausedField(one.field, ours, theirs))
    return tuple(found)


def wanted_but_paused(state: AddressState, owner: Person | None) -> Mapping[str, Any] | None:
    """Return what is wanted of the contact there, without the fields that are paused."""
    paused = paused_fields(state, owner)
    if owner is None or owner.wanted is None or not paused:
        return None if owner is None else owner.wanted
    return without(owner.wanted, (one.field for one in paused))


def set_backs_of(state: AddressState, decision: Decision, step: Step) -> Changes:
    """Return the part of a step's change that writes over what somebody had set back."""
    if step.kind != "update_contact":
        return {}
    owner = next((one for one in state.people if one.contact_id == decision.owner_id), None)
    if owner is None or owner.wanted is None:
        return {}
    fields = {name: pair for name, pair in step.change.items() if name != "list_memberships"}
    return _set_back(fields, state, owner.wanted)


def _set_back(differing: Changes, state: AddressState, wanted: Mapping[str, Any]) -> Changes:
    """Return of what differs that in which the last write had brought the wanted value about."""
    if state.answered is None:
        return {}
    unlike = changes(state.answered, wanted, state.custom_field_ids)
    return {name: pair for name, pair in differing.items() if name not in unlike}
