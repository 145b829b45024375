"""What the job `contacts` has to do, from what was decided about each address. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.delivery.confirm import must_be_read_back
from bridge.delivery.status import FULL
from reconciler.adopting.model import adopting_step
from reconciler.agreed import facts_of
from reconciler.runs.model import PlannedStep

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from bridge.delivery.model import AddressState, Decision, Step
    from reconciler.runs.model import Counters


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """What was decided about one address."""

    state: AddressState
    decision: Decision


def plan_contacts(decided: Mapping[str, Decided], counters: Counters) -> list[PlannedStep]:
    """Return the steps of all addresses, opt-outs first, and count each address once. Pure."""
    steps = list(steps_of(decided, counters, moves_of(decided)))
    opting_out = {step.subject_key for step in steps if step.kind == "unsubscribe"}
    moved = {step.subject_key for step in steps if step.kind == "move_address"}
    return sorted(
        steps, key=lambda step: (step.subject_key not in opting_out, step.subject_key not in moved)
    )


def moves_of(decided: Mapping[str, Decided]) -> set[str]:
    """Return the addresses whose contact goes along to another address."""
    return {key for one in decided.values() if (key := _moves_from(one)) is not None}


def steps_of(
    decided: Mapping[str, Decided], counters: Counters, moving: Collection[str]
) -> Iterator[PlannedStep]:
    """Yield the steps of addresses, and count each address once.

    Args:
        decided: What was decided about each.
        counters: Of the run.
        moving: Addresses whose contact goes along to another one, which decides about it.
    """
    for key, one in decided.items():
        counters.read += 1
        if key in moving:
            counters.skip("its contact goes along to another address")
        elif one.decision.steps or one.decision.adopts:
            counters.planned += 1
            yield from _planned(key, one)
        else:
            _count(key, one, counters)


def is_settled(one: Decided) -> bool:
    """Tell whether nothing is left to do or to mend at an address."""
    decision = one.decision
    is_open = decision.steps or decision.adopts or decision.waits_for_lists
    return not (is_open or _is_faulty(one))


def _planned(key: str, one: Decided) -> Iterator[PlannedStep]:
    for number, step in enumerate(one.decision.steps):
        # it is read before the first write, and what must be confirmed is read back
        calls = 1 + (number == 0) + must_be_read_back(step)
        version_id = one.state.version_of(one.decision.owner_id)
        yield planned_step(key, step, calls=calls, mapping_version_id=version_id)
    for adoption in one.decision.adopts:
        yield adopting_step(key, one.state.there or one.state.moving_from or {}, adoption)


def planned_step(
    key: str, step: Step, *, calls: int, mapping_version_id: int | None = None
) -> PlannedStep:
    """Return a decided step of an address as a plan has it."""
    return PlannedStep(
        key=f"address:{key}:{step.kind}",
        kind=step.kind,
        subject_kind="address",
        subject_key=key,
        reason=step.reason,
        facts=facts_of(step),
        body=step.body,
        cc_id=step.contact_id,
        change=step.change,
        calls=calls,
        mapping_version_id=mapping_version_id,
    )


def _moves_from(one: Decided) -> str | None:
    """Return the address whose contact a decision takes along."""
    former = one.state.moving_from
    if former is None or not any(step.kind == "move_address" for step in one.decision.steps):
        return None
    return str(former["email_address"]["address"]).strip().lower()


def _count(key: str, one: Decided, counters: Counters) -> None:
    people = [person for person in one.state.people if person.memberships]
    if _is_faulty(one):
        counters.reject("a value of the record cannot be sent: see its status")
        counters.apart[key] = "rejected"
    elif one.decision.waits_for_lists:
        counters.skip("waits for its list: run the job lists")
        counters.apart[key] = "waits_for_list"
    elif any(status.reason == FULL for status in one.decision.statuses):
        counters.reject("already on 50 lists: take the person off one of them")
        counters.apart[key] = "rejected"
    elif one.decision.paused:
        counters.skip("a field that somebody there keeps setting back is paused: see Problems")
        counters.apart[key] = "paused"
    elif people and all(person.left_out is not None for person in people):
        counters.skip(people[0].left_out or "the mapping leaves it out")
    else:
        counters.unchanged += 1


def _is_faulty(one: Decided) -> bool:
    return any(person.is_faulty for person in one.state.people if person.memberships)
