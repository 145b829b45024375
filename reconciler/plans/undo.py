"""Take back what a plan has added and removed, as far as consent lets anybody be added. Pure.

An undo is decided like everything else: `decide` is asked about the address as if Practifi wanted
only the lists of before. So whoever opted out, left a list by their own act or is not known to be
mailable is not put back, and nobody is subscribed again by an undo. Permissions and fields stay.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bridge.delivery.decide import decide
from bridge.delivery.decide_consent import decide_consent
from bridge.delivery.foreign import Foreign
from bridge.delivery.merge import fingerprint, put_body
from bridge.delivery.model import Base, Decision, Membership, Step
from bridge.delivery.owner import choose_owner
from bridge.plans.model import list_changes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from bridge.delivery.model import AddressState, Person
    from bridge.plans.model import StoredStep

_DELETED = "delete_contact"
_KINDS = frozenset({"create_contact", "update_contact", "revive_contact", "move_address", _DELETED})
"""What puts people on lists or takes them off; who opts out or comes back is not undone."""

STILL_WANTED = "Practifi still has the membership, and puts it back"


@dataclass(frozen=True, kw_only=True, slots=True)
class Undo:
    """What the contact at one address gets back and gives back.

    Attributes:
        plan_id: The plan that is taken back.
        gives: Lists there that it was taken off.
        takes: Lists there that it was put on.
        is_deleted: The plan deleted it; it is brought back to its lists.
    """

    plan_id: int
    gives: frozenset[str]
    takes: frozenset[str]
    is_deleted: bool = False

    def among(self, lists: Collection[str]) -> Undo:
        """Return the undo without lists that are not there any more."""
        return replace(self, gives=self.gives & set(lists), takes=self.takes & set(lists))

    def decide(self, state: AddressState) -> Decision:
        """Return what is left to take back at the address."""
        return decide_undo(state, self)


def undo_of(plan_id: int, steps: Iterable[StoredStep]) -> dict[str, Undo]:
    """Return address -> what takes back what was confirmed of a plan."""
    gives: defaultdict[str, set[str]] = defaultdict(set)
    takes: defaultdict[str, set[str]] = defaultdict(set)
    deleted: set[str] = set()
    for step in steps:
        if step.kind in _KINDS and step.state == "confirmed":
            added, removed = list_changes(step.change)
            gives[step.subject_key] |= removed
            takes[step.subject_key] |= added
            if step.kind == _DELETED:
                deleted.add(step.subject_key)
    return {
        key: Undo(
            plan_id=plan_id,
            gives=frozenset(gives[key] - takes[key]),
            takes=frozenset(takes[key] - gives[key]),
            is_deleted=key in deleted,
        )
        for key in sorted({*gives, *takes})
        if gives[key] != takes[key]
    }


def decide_undo(state: AddressState, undo: Undo) -> Decision:
    """Return the one change of lists that takes a plan back at one address, if there is any.

    Nothing is agreed on by it: a list that only Constant Contact has then stays as it is there.
    """
    if undo.is_deleted and (state.there or {}).get("deleted_at"):
        return _bring_back(state, undo)
    decision = decide(_as_before(state, undo))
    if decision.needs_look:
        return Decision(needs_look=True)
    steps = [
        replace(step, reason=_reason(state, undo, step), fingerprint=_fingerprint(state, step))
        for step in decision.steps
        if step.kind == "update_contact"
    ]
    return Decision(steps=tuple(steps))


def why_not(state: AddressState, undo: Undo) -> str | None:
    """Return why an address does not get its lists back, in words; None where it does."""
    wanted = undo.gives - set((state.there or {}).get("list_memberships") or ())
    if not wanted:
        return None
    if state.there is None or (state.there.get("deleted_at") and not undo.is_deleted):
        return "not in Constant Contact any more"
    if not any(person.left_out is None for person in state.people):
        return "nobody in Practifi has the address any more"
    if blocked := decide_consent(replace(state, asked=())).blocked:
        return blocked
    given = {
        list_id
        for step in decide_undo(replace(state, is_there_known=True), undo).steps
        for list_id in list_changes(step.change)[0]
    }
    return None if wanted <= given else "left the list by their own act, or is on 50 lists"


def _bring_back(state: AddressState, undo: Undo) -> Decision:
    """Bring a deleted contact back to its lists: as it was there, whatever its record says now."""
    if not state.is_there_known:
        return Decision(needs_look=True)
    there, left = state.there or {}, {one.cc_list_id for one in state.bases if one.lost_by_person}
    lists = sorted(undo.gives - left)
    takes_part = any(person.left_out is None for person in state.people)
    if not lists or not takes_part or decide_consent(replace(state, asked=())).blocked:
        return Decision()
    step = Step(
        kind="revive_contact",
        contact_id=str(there["contact_id"]),
        body=put_body(there, lists=lists),
        reason=f"takes back plan {undo.plan_id}",
        change={"contact": ("deleted", "there"), "list_memberships": ([], lists)},
    )
    return Decision(steps=(step,))


def _as_before(state: AddressState, undo: Undo) -> AddressState:
    """Return the state as if Practifi wanted the lists of before, and nothing else changed."""
    takes = tuple(
        Base(
            contact_id="",
            list_id=list_id,
            cc_list_id=list_id,
            is_wanted=False,
            is_agreed=True,
            lost_by_person=False,
        )
        for list_id in sorted(undo.takes)
    )
    left = tuple(replace(base, is_wanted=True) for base in state.bases if base.lost_by_person)
    return replace(
        state,
        people=_people(state.people, undo),
        bases=(*left, *takes),
        asked=(),
        moving_from=None,
        left_behind=(),
        on_last_list_removed="keep",
        foreign=Foreign(),
    )


def _people(people: tuple[Person, ...], undo: Undo) -> tuple[Person, ...]:
    """Let the first of the people who take part want the lists that are given back."""
    rows = tuple(
        Membership(sf_id="", list_id=list_id, cc_list_id=list_id) for list_id in sorted(undo.gives)
    )
    found = []
    for person in people:
        takes_part = person.left_out is None
        found.append(replace(person, wanted=None, memberships=rows if takes_part else ()))
        rows = () if takes_part else rows
    return tuple(found)


def _fingerprint(state: AddressState, step: Step) -> bytes | None:
    """Return the digest of what is there then, where all of it is what was last sent.

    A change of the record that waits to be sent is no part of an undo, and must not seem sent.
    """
    owner = choose_owner(state)
    wanted = (owner.wanted if owner is not None else None) or {}
    before, after = step.change["list_memberships"]
    if state.sent_fingerprint != fingerprint(wanted, before, state.write_rules):
        return None
    return fingerprint(wanted, after, state.write_rules)


def _reason(state: AddressState, undo: Undo, step: Step) -> str:
    words = f"takes back plan {undo.plan_id}"
    removed = list_changes(step.change)[1]
    asked = {
        row.cc_list_id
        for person in state.people
        if person.left_out is None
        for row in person.memberships
        if row.left_out is None
    }
    return f"{words}; {STILL_WANTED}" if removed & asked else words
