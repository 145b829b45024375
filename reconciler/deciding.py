"""Decide on addresses as a snapshot, or a plan that was carried out, left them; a few at a time."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bridge.db.queries import load_queries
from bridge.delivery.decide import decide
from bridge.delivery.gather import gather_all, with_there
from bridge.delivery.leases import hold, let_go
from bridge.delivery.outcome import End, record_ends, record_look, record_lost
from reconciler.plan_contacts import Decided, plan_contacts
from reconciler.runs.model import Counters
from reconciler.snapshot.merge import reader_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import psycopg

    from bridge.delivery.leases import Lease
    from bridge.delivery.model import AddressState
    from reconciler.runs.context import RunContext
    from reconciler.runs.model import PlannedStep

SQL = load_queries("reconciler")

_KEYS_A_READ = 200
_KEYS_AT_ONCE = 50
"""Addresses that are held together: nobody else delivers them for some hundredths of a second."""


def decide_all(context: RunContext) -> tuple[dict[str, Decided], int]:
    """Decide on every address; the second value counts those that somebody delivers just now.

    Raises:
        RemoteError: If Salesforce does not answer where a record has to be read back.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    with context.installation.database.transaction() as tx:
        rows = tx.execute(SQL["subjects"], {"connection_id": context.run.connection_id})
        keys = [key for (key,) in rows]
    decided = _decide(context, keys)
    busy = set(keys) - decided.keys()
    context.counters.apart |= dict.fromkeys(busy, "being_delivered")
    return decided, len(busy)


def decide_touched(context: RunContext, plan_id: int) -> dict[str, Decided]:
    """Decide again on the addresses for which carrying a plan out may have changed something.

    Raises:
        RemoteError: If Salesforce does not answer where a record has to be read back.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    values = {"connection_id": context.run.connection_id, "plan_id": plan_id}
    with context.installation.database.transaction() as tx:
        keys = [key for (key,) in tx.execute(SQL["touched"], values)]
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
    reader = reader_of(context)
    for start in range(0, len(keys), _KEYS_A_READ):
        part = keys[start : start + _KEYS_A_READ]
        context.patiently(partial(reader.read_unknown, part, held=part))
    decided: dict[str, Decided] = {}
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        context.progress("deciding", start, len(keys))
        leases = _hold(context, keys[start : start + _KEYS_AT_ONCE])
        decided |= context.despite_deadlocks(partial(_decide_held, context, leases))
    context.progress("deciding", len(keys), len(keys))
    return decided


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
        for state in _states(context, tx, keys).values():
            record_look(tx, connection_id, state)
        states = _states(context, tx, keys)
        for lease in sorted(leases, key=lambda lease: lease.key):
            state = states[lease.key]
            decision = decide(state)
            record_lost(tx, lease, decision.lost)
            if not decision.steps and context.run.mode == "apply":
                ends.append(End(lease, state, decision))
            decided[lease.key] = Decided(state=state, decision=decision)
        record_ends(tx, connection_id, ends)
        let_go(tx, leases)
    return decided


def _states(
    context: RunContext, tx: psycopg.Connection[Any], keys: Sequence[str]
) -> dict[str, AddressState]:
    states = gather_all(
        tx,
        context.run.connection_id,
        keys,
        context.current.mapping,
        owner_policy=context.installation.settings.owner,
    )
    return {key: with_there(state, state.there) for key, state in states.items()}
