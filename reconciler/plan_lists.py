"""What the job `lists` has to do: the lists of both sides compared. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.delivery.model import Step
from reconciler.agreed import facts_of
from reconciler.runs.model import PlannedStep

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.runs.model import Counters


@dataclass(frozen=True, kw_only=True, slots=True)
class ListHere:
    """A list of Practifi.

    Attributes:
        wanted: What the mapping makes of it; None where it takes no part.
        left_out: Why it takes no part.
        is_faulty: It should take part and cannot.
        held_id: The id there that the record holds.
        linked_to: The list there that it is.
        name_there: That list's name; None where it is gone.
    """

    sf_id: str
    wanted: Mapping[str, Any] | None
    left_out: str | None = None
    is_faulty: bool = False
    held_id: str | None = None
    linked_to: str | None = None
    name_there: str | None = None


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
    here: Sequence[ListHere], there: Sequence[ListThere], counters: Counters
) -> list[PlannedStep]:
    """Return a step for each list that differs, and count every list of either side.

    Names are unique there, whatever their case: of several records that want one name, one has it.
    """
    free = {one.list_id: one for one in there if not one.is_taken}
    first = _first_of_each_name(here)
    steps: list[PlannedStep] = []
    for one in here:
        counters.read += 1
        if one.wanted is None:
            count = counters.reject if one.is_faulty else counters.skip
            count(one.left_out or "the mapping leaves it out")
            if one.is_faulty:
                counters.apart[one.sf_id] = "rejected"
        elif one.linked_to is not None and one.name_there is None:
            counters.reject("deleted in Constant Contact: link the record to another list")
            counters.apart[one.sf_id] = "gone_there"
        elif first[_name_key(one.wanted)] != one.sf_id:
            counters.reject("another list of Practifi has this name: rename one of them")
            counters.apart[one.sf_id] = "rejected"
        elif (step := _step(one, one.wanted, free)) is None:
            counters.unchanged += 1
        else:
            counters.planned += 1
            steps.append(step)
    counters.read += len(free)
    if free:
        counters.skip("only in Constant Contact", len(free))
    return steps


def _first_of_each_name(here: Sequence[ListHere]) -> dict[str, str]:
    """Return who has each name: the list that is called so there, else a linked one."""
    wanted = [
        (one, one.wanted)
        for one in here
        if one.wanted is not None and (one.linked_to is None or one.name_there is not None)
    ]
    order = sorted(
        wanted,
        key=lambda pair: (
            _folded(pair[0].name_there) != _name_key(pair[1]),
            pair[0].linked_to is None,
            pair[0].sf_id,
        ),
    )
    first: dict[str, str] = {}
    for one, body in order:
        first.setdefault(_name_key(body), one.sf_id)
    return first


def _name_key(wanted: Mapping[str, Any]) -> str:
    return _folded(str(wanted["name"]))


def _folded(name: str | None) -> str:
    return (name or "").strip().lower()


def _step(
    one: ListHere, wanted: Mapping[str, Any], free: dict[str, ListThere]
) -> PlannedStep | None:
    name = str(wanted["name"])
    if one.linked_to is not None:
        if one.name_there == name:
            return None
        step = Step(kind="rename_list", body=wanted, reason="", contact_id=one.linked_to)
        return _planned(
            one, step, "it has another name in Practifi", {"name": (one.name_there, name)}
        )
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
        return _planned(one, step, "it is not in Constant Contact yet", change)
    free.pop(match.list_id, None)
    step = Step(kind="rename_list", body=wanted, reason="", contact_id=match.list_id)
    return _planned(one, step, reason, {"name": (match.name, name)}, kind="link_list")


def _planned(
    one: ListHere,
    step: Step,
    reason: str,
    change: Mapping[str, tuple[Any, Any]],
    *,
    kind: str | None = None,
) -> PlannedStep:
    return PlannedStep(
        key=f"list:{one.sf_id}:{kind or step.kind}",
        kind=kind or step.kind,
        subject_kind="list",
        subject_key=one.sf_id,
        reason=reason,
        facts=facts_of(step),
        body=step.body,
        cc_id=step.contact_id,
        change=change,
        calls=1 if step.kind == "create_list" else 2,
    )
