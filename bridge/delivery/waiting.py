"""Addresses between which a contact moves: whoever has to come second waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.delivery.gather import came_from, gone_to
from bridge.delivery.turns import must_wait
from bridge.delivery.work import SQL
from bridge.errors import NotSettled

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from bridge.delivery.leases import Lease
    from bridge.delivery.model import AddressState


def may_wait(state: AddressState) -> bool:
    """Tell whether an address may have to do with another one: a contact comes, stays or goes."""
    return state.moving_from is not None or bool(state.left_behind) or not state.people


def waits_for(
    tx: psycopg.Connection, lease: Lease, state_of: Callable[[str], AddressState]
) -> NotSettled | None:
    """Return what says that an address waits for others, or None where it is its turn.

    A contact that changes its address belongs to two subjects: one of them goes first.

    Args:
        tx: A transaction.
        lease: The address.
        state_of: Gathers the state of an address.
    """
    waits_s: dict[str, float] = {}

    def ahead_of(key: str) -> list[str]:
        pending = _ahead(tx, lease, key, state_of)
        if key == lease.key:
            waits_s.update(pending)
        return list(pending)

    if not must_wait(lease.key, ahead_of):
        return None
    message = "waits for the person's other address"
    after_s = min(waits_s.values(), default=None)
    return NotSettled(message, behind=tuple(sorted(waits_s)), after_s=after_s)


def _ahead(
    tx: psycopg.Connection, lease: Lease, key: str, state_of: Callable[[str], AddressState]
) -> dict[str, float]:
    """Return the addresses that have to be settled before one -> seconds until they may be."""
    ahead = gone_to(tx, lease.connection_id, key)
    if not ahead:
        former = came_from(tx, lease.connection_id, key)
        if former:
            ahead = former if state_of(key).moving_from is None else []
    if not ahead:
        return {}
    rows = tx.execute(SQL["pending_work"], lease.row() | {"kind": "address", "keys": ahead})
    return dict(rows.fetchall())
