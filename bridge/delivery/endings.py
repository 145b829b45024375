"""End the work of addresses with nothing left to do: one of them, or a batch that went together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.delivery.bury import bury_people
from bridge.delivery.leases import finish_all
from bridge.delivery.outcome import record_ends, record_lost

if TYPE_CHECKING:
    from collections.abc import Sequence

    import psycopg

    from bridge.delivery.outcome import End


def finish_ends(
    tx: psycopg.Connection, connection_id: int, ends: Sequence[End], reasons: Sequence[str]
) -> None:
    """Keep what came of leased addresses, and end them with the notifications that waited.

    Args:
        tx: A transaction.
        connection_id: Whose they are.
        ends: Each with its lease.
        reasons: What the notifications say of each.

    Raises:
        LeaseLost: If one ran out; the transaction must not be committed.
    """
    for lease, _, decision in ends:
        record_lost(tx, lease, decision.lost)
    record_ends(tx, connection_id, ends)
    for lease, state, _ in ends:
        bury_people(tx, lease, state.people)
    finish_all(tx, [lease for lease, *_ in ends], reasons)
