"""What the job `lists` has to do: the lists of both sides compared. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.constant_contact.lists import MOST_LISTS
from bridge.delivery.delete_list import deletion_of
from bridge.delivery.model import Step
from reconciler.agreed import facts_of
from reconciler.runs.model import PlannedStep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bridge.integrity.score import Apart
    from bridge.policies.policy import Policies
    from reconciler.runs.model import Counters

# A deletion is read, asked for, asked about and read back; what goes to Practifi is read before.
_CALLS = {"create_list": 1, "rename_list": 2, "delete_list": 4, "adopt_list": 1, "rename_record": 1}


@dataclass(frozen=True, kw_only=True, slots=True)
class ListHere:
    """A list of Practifi.

    Attributes:
        wanted: What the mapping makes of it; None where it takes no part.
        left_out: Why it takes no part.
        is_faulty: It should take part and cannot.
        is_deleted: The record was deleted.
        held_id: The id there that the record holds.
        linked_to: The list there that it is.
        name_there: That list's name; None where it is gone.
        agreed_name: The name that both sides last had, if that is known.
        takes_name: The record can be given the name that the list has there.
        record_name: What people in Practifi read.
    """

    sf_id: str
    wanted: Mapping[str, Any] | None
    left_out: str | None = None
    is_faulty: bool = False
    is_deleted: bool = False
    held_id: str | None = None
    linked_to: str | None = None
    name_there: str | None = None
    agreed_name: str | None = None
    takes_name: bool = False
    record_name: str | None = None

    def name(self, policies: Policies) -> str:
        """Return the name that the list shall have on both sides.

        It is Practifi's, but where names go both ways and the list was renamed there alone.
        """
        wanted = str((self.wanted or {})["name"])
        if policies.lists == "both" and self.takes_name and self.name_there is not None:
            is_renamed_there = wanted == self.agreed_name != self.name_there
            return self.name_there if is_renamed_there else wanted
        return wanted

    @property
    def is_gone_there(self) -> bool:
        """The list that it was is not there any more."""
        return self.linked_to is not None and self.name_there is None


@dataclass(frozen=True, kw_only=True, slots=True)
class ListThere:
    """A list of Constant Contact that is not deleted.

    Attributes:
        is_taken: A list of Practifi is linked to it.
    """

    list_id: str
    name: str
    is_taken: bool


def plan_lists(
    here: Sequence[ListHere],
    there: Sequence[ListThere],
    counters: Counters,
    policies: Policies,
) -> list[PlannedStep]:
    """Return a step for each list that differs, and count every list of either side.

    Names are unique there, whatever their case: of several records that want one name, one has it.
    The list of a record that was deleted goes on as that of another one of its name; else it stays
    or goes by policy.
    """
    left_over = {one.linked_to for one in here if one.is_deleted}
    free = {one.list_id: one for one in there if not one.is_taken or one.list_id in left_over}
    asks = policies.list_gone_there == "ask"
    first = _first_of_each_name([one for one in here if not (asks and one.is_gone_there)], policies)
    room = max(0, MOST_LISTS - len(there))
    steps: list[PlannedStep] = []
    for one in sorted(here, key=lambda one: one.is_deleted):
        counters.read += 1
        step = None
        if one.is_deleted:
            step = _deleted(one, free, counters, policies)
        elif one.wanted is None:
            count = counters.reject if one.is_faulty else counters.skip
            count(one.left_out or "the mapping leaves it out")
            if one.is_faulty:
                counters.apart[one.sf_id] = "rejected"
        elif (refusal := _refusal(one, first, policies)) is not None:
            words, counters.apart[one.sf_id] = refusal
            counters.reject(words)
        elif (step := _step(one, one.wanted, free, policies)) is None:
            counters.unchanged += 1
        elif step.kind == "create_list" and not room:
            step = None
            counters.reject(f"Constant Contact takes {MOST_LISTS:,} lists: delete some there")
            counters.apart[one.sf_id] = "rejected"
        if step is not None:
            room -= step.kind == "create_list"
            counters.planned += 1
            steps.append(step)
    only_there = [one for one in free.values() if one.list_id not in left_over]
    return steps + _only_there(only_there, here, counters, policies)


def _refusal(
    one: ListHere, first: Mapping[str, str], policies: Policies
) -> tuple[str, Apart] | None:
    """Return why a list cannot take part, for people and for the score; None where it can."""
    if one.is_gone_there and policies.list_gone_there == "ask":
        return "deleted in Constant Contact: link the record to another list", "gone_there"
    if first[_folded(one.name(policies))] != one.sf_id:
        return "another list of Practifi has this name: rename one of them", "rejected"
    return None


def _only_there(
    there: Sequence[ListThere],
    here: Sequence[ListHere],
    counters: Counters,
    policies: Policies,
) -> list[PlannedStep]:
    """Count lists that only Constant Contact has, and return a step for each that gets a record."""
    counters.read += len(there)
    if policies.lists != "both":
        if there:
            counters.skip("only in Constant Contact", len(there))
        return []
    known = {_folded(_record_name(one, policies)) for one in here if not one.is_deleted}
    steps = []
    for one in there:
        if _folded(one.name) in known:
            counters.reject("a record of this name takes no part, or is another list")
            continue
        counters.planned += 1
        step = Step(kind="adopt_list", body={"name": one.name}, reason="", contact_id=one.list_id)
        reason = "only in Constant Contact"
        steps.append(_planned(one.list_id, step, reason, {"name": (None, one.name)}))
    return steps


def _record_name(one: ListHere, policies: Policies) -> str | None:
    """Return the name that a record has once it was given the one that its list has there."""
    is_renamed = one.wanted is not None and one.name(policies) != one.wanted["name"]
    return one.name_there if is_renamed else one.record_name


def name_clashes(here: Sequence[ListHere], policies: Policies) -> dict[str, list[dict[str, str]]]:
    """Return each name that several lists of Practifi want, with those that do."""
    wanting: dict[str, list[dict[str, str]]] = {}
    for one in here:
        if one.wanted is not None:
            found = {"list": one.sf_id, "name": one.name(policies)}
            wanting.setdefault(_folded(found["name"]), []).append(found)
    return {name: lists for name, lists in wanting.items() if len(lists) > 1}


def _deleted(
    one: ListHere, free: dict[str, ListThere], counters: Counters, policies: Policies
) -> PlannedStep | None:
    """Return the step that deletes the list of a deleted record, or count why there is none."""
    if one.linked_to is None or one.name_there is None:
        counters.skip("deleted in Practifi")
    elif one.linked_to not in free:
        counters.skip("deleted in Practifi: its list goes on as that of another record")
    elif policies.list_deleted == "keep":
        counters.skip("deleted in Practifi, kept in Constant Contact")
    else:
        step = deletion_of(one.linked_to, one.name_there)
        return _planned(one.sf_id, step, step.reason, step.change)
    return None


def _first_of_each_name(here: Sequence[ListHere], policies: Policies) -> dict[str, str]:
    """Return who has each name: the list that is called so there, else a linked one."""
    wanted = [(one, _folded(one.name(policies))) for one in here if one.wanted is not None]
    order = sorted(
        wanted,
        key=lambda pair: (
            _folded(pair[0].name_there) != pair[1],
            pair[0].name_there is None,
            pair[0].sf_id,
        ),
    )
    first: dict[str, str] = {}
    for one, name in order:
        first.setdefault(name, one.sf_id)
    return first


def _folded(name: str | None) -> str:
    return (name or "").strip().lower()


def _step(
    one: ListHere, wanted: Mapping[str, Any], free: dict[str, ListThere], policies: Policies
) -> PlannedStep | None:
    name = str(wanted["name"])
    reason_to_make = "it is not in Constant Contact yet"
    if one.is_gone_there:
        reason_to_make = "it was deleted in Constant Contact"
    elif one.linked_to is not None:
        if one.name_there == name:
            return None
        return _rename(one, one.linked_to, wanted, policies)
    match = free.pop(one.held_id or "", None)
    reason = "the record holds its id"
    if match is None:
        match = next(
            (other for other in free.values() if _folded(other.name) == _folded(name)), None
        )
        reason = "a list of this name is there"
    if match is None:
        step = Step(kind="create_list", body=wanted, reason="")
        change = {"name": (None, name)}
        return _planned(one.sf_id, step, reason_to_make, change)
    free.pop(match.list_id, None)
    step = Step(kind="rename_list", body=wanted, reason="", contact_id=match.list_id)
    return _planned(one.sf_id, step, reason, {"name": (match.name, name)}, kind="link_list")


def _rename(
    one: ListHere, list_id: str, wanted: Mapping[str, Any], policies: Policies
) -> PlannedStep:
    name, there = str(wanted["name"]), one.name_there
    if one.name(policies) == there:
        step = Step(kind="rename_record", body={"name": there}, reason="", contact_id=list_id)
        return _planned(one.sf_id, step, "renamed in Constant Contact", {"name": (name, there)})
    reason = "it has another name in Practifi"
    if policies.lists == "both" and one.agreed_name not in {None, name, there}:
        reason = "renamed on both sides: the name in Practifi goes"
    step = Step(kind="rename_list", body=wanted, reason="", contact_id=list_id)
    return _planned(one.sf_id, step, reason, {"name": (there, name)})


def _planned(
    key: str,
    step: Step,
    reason: str,
    change: Mapping[str, tuple[Any, Any]],
    *,
    kind: str | None = None,
) -> PlannedStep:
    return PlannedStep(
        key=f"list:{key}:{kind or step.kind}",
        kind=kind or step.kind,
        subject_kind="list",
        subject_key=key,
        reason=reason,
        facts=facts_of(step),
        body=step.body,
        cc_id=step.contact_id,
        change=change,
        calls=_CALLS[step.kind],
    )
