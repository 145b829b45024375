"""Put one contact back as a snapshot has it, as far as consent lets anybody be added. Pure.

Lists are decided on by `decide`, asked about the address as if Practifi wanted those of the
snapshot. So whoever has opted out since, or left a list by their own act, is not put back, and
nobody is subscribed again. Fields are those of the snapshot, group by group.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bridge.delivery.decide import decide
from bridge.delivery.decide_consent import decide_consent
from bridge.delivery.foreign import Foreign
from bridge.delivery.merge import CORE, list_change, put_body, spelled
from bridge.delivery.model import Base, Decision, Membership, Person, Step
from bridge.plans.model import list_changes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from bridge.delivery.decide_consent import Consent
    from bridge.delivery.merge import Changes
    from bridge.delivery.model import AddressState, Resource
    from bridge.plans.model import StoredStep

REASON = "as the snapshot has it"

_ASKER = "snapshot"
_PARTS = ("street", "city", "state", "postal_code", "country")
_ROWS = ("phone_numbers", "street_addresses", "custom_fields")
GROUPS = (*CORE, *_ROWS)
"""What is put back whole: a field of the contact, or all rows of a kind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Restore:
    """What one contact was.

    Attributes:
        taken_at: When the snapshot was taken (UTC).
        fields: Group -> what stood there; groups that are missing stay as they are.
        lists: The lists that it was on and that are still there; None: they stay as they are.
    """

    contact_id: str
    taken_at: datetime
    fields: Mapping[str, Any] = field(default_factory=dict)
    lists: frozenset[str] | None = None

    def decide(self, state: AddressState) -> Decision:
        """Return the one write that puts the contact at an address back, if there is any."""
        return decide_restore(state, self)


def restore_of(
    kept: Resource, *, taken_at: datetime, lists: Collection[str], custom_fields: Collection[str]
) -> Restore:
    """Return what puts a contact back that a snapshot has.

    Args:
        kept: The contact as it was read then.
        taken_at: When (UTC).
        lists: Lists that are still there.
        custom_fields: Custom fields that are still there, by id.
    """
    fields: dict[str, Any] = {name: kept.get(name) for name in CORE}
    fields |= {name: list(kept.get(name) or ()) for name in _ROWS}
    fields["custom_fields"] = [
        row for row in fields["custom_fields"] if row.get("custom_field_id") in custom_fields
    ]
    return Restore(
        contact_id=str(kept["contact_id"]),
        taken_at=taken_at,
        fields=fields,
        lists=frozenset(kept.get("list_memberships") or ()) & frozenset(lists),
    )


def restore_from(step: StoredStep, *, taken_at: datetime) -> Restore:
    """Return what a planned step puts back: what it showed, and nothing beside that."""
    groups = {name.partition(".")[0] for name in step.change}
    lists = step.body.get("list_memberships") or ()
    return Restore(
        contact_id=str(step.cc_id),
        taken_at=taken_at,
        fields={name: step.body.get(name) for name in GROUPS if name in groups},
        lists=frozenset(lists) if "list_memberships" in groups else None,
    )


def decide_restore(state: AddressState, restore: Restore) -> Decision:
    """Return the one write that puts the contact at one address back, if there is any.

    Nothing is agreed on by it: a list that only Constant Contact has then stays as it is there.
    """
    there = state.there
    if there is None or str(there.get("contact_id")) != restore.contact_id:
        return Decision()
    if there.get("deleted_at"):
        return _bring_back(state, there, restore)
    fields = field_changes(there, restore.fields, state.custom_field_ids)
    now = frozenset(there.get("list_memberships") or ())
    if not fields and restore.lists in {None, now}:
        return Decision()
    if not state.is_there_known:
        return Decision(needs_look=True)
    lists = _lists(state, now, restore)
    change = fields | list_change(there, lists)
    if not change:
        return Decision()
    step = Step(
        kind="update_contact",
        contact_id=restore.contact_id,
        body=_body(there, restore, lists),
        reason=REASON,
        change=change,
    )
    return Decision(steps=(step,))


def why_not(state: AddressState, restore: Restore) -> str | None:
    """Return why a contact does not get its lists back, in words; None where it does."""
    there = state.there or {}
    missing = (restore.lists or frozenset()) - set(there.get("list_memberships") or ())
    if not missing:
        return None
    if blocked := _consent(state).blocked:
        return blocked
    steps = decide_restore(replace(state, is_there_known=True), restore).steps
    given = {one for step in steps for one in list_changes(step.change)[0]}
    return None if missing <= given else "left the list by their own act, or is on 50 lists"


def field_changes(
    there: Resource, fields: Mapping[str, Any], custom_field_ids: Mapping[str, str]
) -> Changes:
    """Return field -> (there, in the snapshot) for each that differs.

    >>> field_changes({"last_name": "Hill", "job_title": ""}, {"last_name": "Moran"}, {})
    {'last_name': ('Hill', 'Moran')}
    """
    names = {field_id: name for name, field_id in custom_field_ids.items()}
    now = dict(_leaves({name: there.get(name) for name in fields}, names))
    then = dict(_leaves(fields, names))
    return {
        name: (now.get(name), then.get(name))
        for name in sorted({*now, *then})
        if spelled(now.get(name)) != spelled(then.get(name))
    }


def _leaves(fields: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Yield each value under the name that people know its field by."""
    for group, value in fields.items():
        if group not in _ROWS:
            yield group, value
            continue
        seen: dict[str, int] = {}
        for row in value or ():
            if group == "custom_fields":
                known = str(row.get("custom_field_id"))
                yield f"{group}.{names.get(known, known)}", row.get("value")
                continue
            kind = str(row.get("kind") or "other")
            seen[kind] = seen.get(kind, 0) + 1
            place = kind if seen[kind] == 1 else f"{kind} {seen[kind]}"
            if group == "phone_numbers":
                yield f"{group}.{place}", row.get("phone_number")
            else:
                yield from ((f"{group}.{place}.{part}", row.get(part)) for part in _PARTS)


def _body(there: Resource, restore: Restore, lists: Collection[str]) -> dict[str, Any]:
    """Return a PUT with the groups of the snapshot in the place of those that are there."""
    body = put_body({**there, **restore.fields}, lists=lists)
    # What is sent replaces what is there; what is left out would stay.
    body |= {name: [] for name in _ROWS if there.get(name) and name not in body}
    return body


def _lists(state: AddressState, now: frozenset[str], restore: Restore) -> frozenset[str]:
    """Return the lists that the contact is on afterwards, as `decide` allows them."""
    if restore.lists is None or restore.lists == now:
        return now
    for step in decide(_as_then(state, now, restore)).steps:
        if step.kind == "update_contact":
            return frozenset(step.body["list_memberships"])
    return now


def _bring_back(state: AddressState, there: Resource, restore: Restore) -> Decision:
    """Bring a contact back that was deleted since, to its lists and its fields."""
    if _consent(state).blocked:
        return Decision()
    left = {base.cc_list_id for base in state.bases if base.lost_by_person}
    lists = (restore.lists or frozenset()) - left
    if not lists:
        return Decision()  # a contact comes back by the lists that it is put on
    if not state.is_there_known:
        return Decision(needs_look=True)
    step = Step(
        kind="revive_contact",
        contact_id=restore.contact_id,
        body=_body(there, restore, lists),
        reason=REASON,
        change={"contact": ("deleted", "there"), "list_memberships": ([], sorted(lists))}
        | field_changes(there, restore.fields, state.custom_field_ids),
    )
    return Decision(steps=(step,))


def _consent(state: AddressState) -> Consent:
    return decide_consent(replace(state, asked=()))


def _as_then(state: AddressState, now: frozenset[str], restore: Restore) -> AddressState:
    """Return the state as if Practifi wanted the lists of the snapshot, and nothing else changed.

    Those lists count as agreed on when the snapshot was taken: whoever has left one since by their
    own act is seen to have.
    """
    wanted = restore.lists or frozenset()
    bases = tuple(
        Base(
            contact_id=_ASKER,
            list_id=list_id,
            cc_list_id=list_id,
            is_wanted=list_id in wanted,
            is_agreed=True,
            lost_by_person=False,
        )
        for list_id in sorted(wanted | now)
    )
    left = tuple(replace(base, is_wanted=True) for base in state.bases if base.lost_by_person)
    asker = Person(
        contact_id=_ASKER,
        do_not_email=False,
        wanted=None,
        memberships=tuple(
            Membership(sf_id="", list_id=one, cc_list_id=one) for one in sorted(wanted)
        ),
    )
    people = tuple(replace(person, wanted=None, memberships=()) for person in state.people)
    written = state.last_write_at
    return replace(
        state,
        people=(*people, asker),
        bases=(*left, *bases),
        asked=(),
        moving_from=None,
        left_behind=(),
        last_write_at=restore.taken_at if written is None else max(written, restore.taken_at),
        on_last_list_removed="keep",
        foreign=Foreign(),
    )
