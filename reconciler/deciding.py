"""Decide on addresses as a snapshot, or a plan that was carried out, left them; some at a time.

However many there are, only those of one part are in memory, and the addresses whose contact goes
along to another one.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bridge.db.queries import load_queries
from bridge.delivery.decide import decide
from bridge.delivery.gather import Gatherer
from bridge.delivery.leases import hold, let_go
from bridge.delivery.outcome import End, record_ends, record_lost, record_seen
from reconciler.candidates.store import count_candidates, forget_candidates, next_candidates
from reconciler.plan_contacts import Decided, is_settled, moves_of, plan_contacts, steps_of
from reconciler.runs.model import Counters
from reconciler.snapshot.merge import reader_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    import psycopg

    from bridge.delivery.leases import Lease
    from bridge.delivery.model import AddressState
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep

SQL = load_queries("reconciler")

_KEYS = 200
"""Addresses that are held together: nobody else delivers them for some tenths of a second."""

_FREE, _BETWEEN, _LEFT = range(3)
"""Turns: whose contact goes nowhere; comes here and may go along from here; may only go."""


def decide_candidates(context: RunContext) -> Iterator[PlannedStep]:
    """Yield the steps of all candidates, those of an address together, and count each address once.

    An address whose contact goes along to another one has no steps of its own; so those that may
    come last, when it is known which do.

    Raises:
        RemoteError: If Salesforce does not answer where a record has to be read back.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    with context.installation.database.transaction() as tx:
        total = count_candidates(tx, context.run.connection_id)
    moving: set[str] = set()
    done = 0
    for part in _parts(context, _FREE):
        context.progress("deciding", done, total)
        decided = _decide_candidates(context, part)
        moving |= moves_of(decided)
        yield from steps_of(decided, context.counters, moving)
        done += len(part)
    between: dict[str, Decided] = {}
    for part in _parts(context, _BETWEEN):
        between |= _decide_candidates(context, part)
        done += len(part)
    moving |= moves_of(between)
    yield from steps_of(between, context.counters, moving)
    for part in _parts(context, _LEFT):
        context.progress("deciding", done, total)
        yield from steps_of(_decide_candidates(context, part), context.counters, moving)
        done += len(part)
    context.progress("deciding", total, total)


def _parts(context: RunContext, turn: int) -> Iterator[list[str]]:
    after = ""
    while True:
        with context.installation.database.transaction() as tx:
            keys = next_candidates(
                tx, context.run.connection_id, turn=turn, after=after, count=_KEYS
            )
        if not keys:
            return
        yield keys
        after = keys[-1]


def _decide_candidates(context: RunContext, keys: Sequence[str]) -> dict[str, Decided]:
    """Decide on some candidates, and count those that somebody delivers just now."""
    decided = _decide(context, keys)
    busy = [key for key in keys if key not in decided]
    context.counters.read += len(busy)
    context.counters.apart |= dict.fromkeys(busy, "being_delivered")
    if busy:
        context.counters.skip("being delivered", len(busy))
    return decided


def decide_touched(context: RunContext, plan_id: int) -> Iterator[dict[str, Decided]]:
    """Decide again on the addresses for which carrying a plan out may have changed something.

    Raises:
        RemoteError: If Salesforce does not answer where a record has to be read back.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    values = {"connection_id": context.run.connection_id, "plan_id": plan_id}
    with context.installation.database.transaction() as tx:
        keys = [key for (key,) in tx.execute(SQL["touched"], values)]
    for start in range(0, len(keys), _KEYS):
        context.progress("deciding again", start, len(keys))
        yield _decide(context, keys[start : start + _KEYS])


def decide_these(context: RunContext, keys: Sequence[str]) -> dict[str, Decided]:
    """Return what some addresses need now; those that somebody delivers just now are left out.

    Raises:
        RemoteError: If Salesforce does not answer where a record has to be read back.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    return _decide(context, keys)


def decide_again(context: RunContext, key: str) -> list[PlannedStep] | None:
    """Return what one address needs now, or None where somebody else delivers it just now.

    Raises:
        RemoteError: If Salesforce does not answer where a record has to be read back.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    leases = _hold(context, [key])
    if not leases:
        return None
    decided = context.despite_deadlocks(partial(_decide_held, context, leases))
    return plan_contacts(decided, Counters())


def _decide(context: RunContext, keys: Sequence[str]) -> dict[str, Decided]:
    context.patiently(partial(reader_of(context).read_unknown, keys, held=keys))
    leases = _hold(context, keys)
    return context.despite_deadlocks(partial(_decide_held, context, leases))


def _hold(context: RunContext, keys: Sequence[str]) -> list[Lease]:
    """Lease addresses; those leases run out before the run's own, should this process die."""
    with context.installation.database.transaction() as tx:
        leases = hold(
            tx,
            context.run.connection_id,
            "address",
            keys,
            lane=context.lane,
            lease_s=context.installation.settings.lease_s,
        )
        context.renew(tx)
    return leases


def _decide_held(context: RunContext, leases: Sequence[Lease]) -> dict[str, Decided]:
    """Decide on addresses as the snapshot shows them, and let them go."""
    decided: dict[str, Decided] = {}
    ends: list[End] = []
    keys = sorted(lease.key for lease in leases)
    connection_id = context.run.connection_id
    with context.installation.database.transaction() as tx:
        states = _states(context, tx, keys)
        if record_seen(tx, connection_id, list(states.values())):
            states = _states(context, tx, keys)
        for lease in sorted(leases, key=lambda lease: lease.key):
            state = states[lease.key]
            decision = decide(state)
            record_lost(tx, lease, decision.lost)
            decided[lease.key] = Decided(state=state, decision=decision)
            if not decision.steps and context.run.mode == "apply":
                ends.append(End(lease, state, decision))
        record_ends(tx, connection_id, ends)
        settled = [end.lease.key for end in ends if is_settled(decided[end.lease.key])]
        forget_candidates(tx, connection_id, settled)
        let_go(tx, leases)
    return decided


def _states(
    context: RunContext, tx: psycopg.Connection[Any], keys: Sequence[str]
) -> dict[str, AddressState]:
    gatherer = Gatherer(
        mapping=context.current.mapping,
        installation_owner=context.installation.settings.owner,
        by_plan=True,
    )
    return gatherer.seen(tx, context.run.connection_id, keys)
