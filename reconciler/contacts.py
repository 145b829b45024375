"""The job `contacts`: people, memberships and opt-outs are there as Practifi has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.db.queries import load_queries
from bridge.delivery.decide import decide
from bridge.delivery.gather import gather, with_there
from bridge.delivery.outcome import record_end, record_look, record_lost
from bridge.delivery.work import Due, hold, let_go
from reconciler.agreed import facts_of
from reconciler.carry_out import carry_out
from reconciler.runs.model import Counters, PlannedStep
from reconciler.runs.plans import all_steps, append_steps
from reconciler.snapshot.merge import merge_practifi, merge_there, reader_of
from reconciler.snapshot.read import read_practifi, read_there

if TYPE_CHECKING:
    from typing import Any

    import psycopg

    from bridge.delivery.model import AddressState, Decision
    from bridge.mirror.model import Kind
    from reconciler.runs.context import RunContext

SQL = load_queries("reconciler")

_KINDS: tuple[Kind, ...] = ("list", "contact", "membership")
_KEYS_A_READ = 200
_ROUNDS = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Decided:
    """What was decided about one address."""

    state: AddressState
    decision: Decision


def make_plan(context: RunContext) -> list[PlannedStep]:
    """Read people, lists and memberships of both sides and return what is to be done.

    What a run sees is recorded as any delivery would: opt-outs made there, lists that people left,
    and, in a run that applies, what both sides agree on.
    """
    for kind in _KINDS:
        read_practifi(context, kind)
    read_there(context, "list")
    read_there(context, "contact")
    context.enter("planning")
    for kind in _KINDS:
        merge_practifi(context, kind)
    merge_there(context, "list")
    merge_there(context, "contact")
    decided, busy = _decide_all(context)
    context.counters.read += busy
    if busy:
        context.counters.skip("being delivered", busy)
    _count_others(context)
    return plan_contacts(decided, context.counters)


def apply_plan(context: RunContext, plan_id: int) -> None:
    """Carry out the steps of a stored plan that have not ended, and what they bring about.

    A contact that goes along to another address, or gets another owner, changes what an address
    that was decided on before it needs; such steps are added to the plan and carried out as well.
    """
    carry_out(context, plan_id)
    for _ in range(_ROUNDS):
        steps = _consequences(context, plan_id)
        if not steps:
            return
        with context.installation.database.transaction() as tx:
            append_steps(tx, context, plan_id, steps)
            context.renew(tx)
        carry_out(context, plan_id)


def _consequences(context: RunContext, plan_id: int) -> list[PlannedStep]:
    """Return what is to be done after a plan was carried out; none for what it could not do."""
    with context.installation.database.transaction() as tx:
        done = all_steps(tx, context.run.connection_id, plan_id)
    if not done:
        return []
    given_up = {step.subject_key for step in done if step.state in {"refused", "failed"}}
    decided, _ = _decide_all(context)
    left = {key: one for key, one in decided.items() if key not in given_up}
    return plan_contacts(left, Counters())


def _decide_all(context: RunContext) -> tuple[dict[str, Decided], int]:
    """Decide on every address; the second value counts those that somebody delivers just now."""
    keys = _subjects(context)
    reader = reader_of(context)
    for start in range(0, len(keys), _KEYS_A_READ):
        part = keys[start : start + _KEYS_A_READ]
        context.patiently(lambda part=part: reader.read_unknown(part, held=part))  # type: ignore[misc]
    decided: dict[str, Decided] = {}
    for done, key in enumerate(keys):
        context.progress("deciding", done, len(keys))
        found = _decide(context, key)
        if found is not None:
            decided[key] = found
    context.progress("deciding", len(keys), len(keys))
    return decided, len(keys) - len(decided)


def plan_contacts(decided: dict[str, Decided], counters: Counters) -> list[PlannedStep]:
    """Return the steps of all addresses, opt-outs first, and count each address once. Pure."""
    moving = {key for one in decided.values() if (key := _moves_from(one)) is not None}
    steps: list[PlannedStep] = []
    for key, one in decided.items():
        counters.read += 1
        if key in moving:
            counters.skip("its contact goes along to another address")
        elif one.decision.steps:
            counters.planned += 1
            steps += _planned(key, one)
        else:
            _count(one, counters)
    opting_out = {step.subject_key for step in steps if step.kind == "unsubscribe"}
    moved = {step.subject_key for step in steps if step.kind == "move_address"}
    return sorted(
        steps, key=lambda step: (step.subject_key not in opting_out, step.subject_key not in moved)
    )


def _planned(key: str, one: Decided) -> list[PlannedStep]:
    return [
        PlannedStep(
            key=f"address:{key}:{step.kind}",
            kind=step.kind,
            subject_kind="address",
            subject_key=key,
            reason=step.reason,
            facts=facts_of(step),
            body=step.body,
            cc_id=step.contact_id,
            change=step.change,
            calls=2 if number == 0 else 1,  # it is read before the first write
        )
        for number, step in enumerate(one.decision.steps)
    ]


def _moves_from(one: Decided) -> str | None:
    """Return the address whose contact a decision takes along."""
    former = one.state.moving_from
    if former is None or not any(step.kind == "move_address" for step in one.decision.steps):
        return None
    return str(former["email_address"]["address"]).strip().lower()


def _count(one: Decided, counters: Counters) -> None:
    people = [person for person in one.state.people if person.memberships]
    if any(person.is_faulty for person in people):
        counters.reject("a value of the record cannot be sent: see its status")
    elif one.decision.waits_for_lists:
        counters.skip("waits for its list: run the job lists")
    elif people and all(person.left_out is not None for person in people):
        counters.skip(people[0].left_out or "the mapping leaves it out")
    else:
        counters.unchanged += 1


def _subjects(context: RunContext) -> list[str]:
    with context.installation.database.transaction() as tx:
        rows = tx.execute(SQL["subjects"], {"connection_id": context.run.connection_id})
        return [key for (key,) in rows]


def _decide(context: RunContext, key: str) -> Decided | None:
    """Decide on an address as the snapshot shows it; None where somebody is delivering it now."""
    settings = context.installation.settings
    due = Due(connection_id=context.run.connection_id, kind="address", key=key, lane=context.lane)
    with context.installation.database.transaction() as tx:
        lease = hold(tx, due, settings.lease_s)
        if lease is None:
            return None
        seen = _state(context, tx, key)
        record_look(tx, lease.connection_id, seen)
        state = _state(context, tx, key)
        decision = decide(state)
        record_lost(tx, lease, decision.lost)
        if not decision.steps and context.run.mode == "apply":
            record_end(tx, lease, state, decision)
        let_go(tx, lease)
    return Decided(state=state, decision=decision)


def _state(context: RunContext, tx: psycopg.Connection[Any], key: str) -> AddressState:
    state = gather(
        tx,
        context.run.connection_id,
        key,
        context.current.mapping,
        owner_policy=context.installation.settings.owner,
    )
    return with_there(state, state.there)


def _count_others(context: RunContext) -> None:
    """Count whom no address stands for: people without one, and contacts that nobody here is."""
    values = {"connection_id": context.run.connection_id}
    counters = context.counters
    with context.installation.database.transaction() as tx:
        ((without_address,),) = tx.execute(SQL["without_address"], values).fetchall()
        ((only_there,),) = tx.execute(SQL["only_there"], values).fetchall()
        counters.foreign.update(tx.execute(SQL["foreign_memberships"], values).fetchall())
    counters.read += without_address + only_there
    if without_address:
        counters.skip("no e-mail address", without_address)
    if only_there:
        counters.skip("only in Constant Contact", only_there)
