"""Lease one subject, as a delivery that takes one at a time does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.delivery.leases import claim_some

if TYPE_CHECKING:
    import psycopg

    from bridge.delivery.leases import Lease
    from bridge.delivery.work import Due


def claim(tx: psycopg.Connection, due: Due, lease_s: float) -> Lease | None:
    """Lease a subject; None where somebody else has it or nothing is left to do."""
    return next(iter(claim_some(tx, [due], lease_s, count=1)), None)
