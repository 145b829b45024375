"""What records touch as the mirror has them now: which address or list is decided on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.mirror.remember import contact_keys, lock_rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg

    from bridge.mirror.advance import Subject
    from bridge.mirror.model import PractifiRow


def subjects_of(
    tx: psycopg.Connection, connection_id: int, records: Iterable[tuple[str, str]]
) -> frozenset[Subject]:
    """Return what records of (kind, id) touch; those that the mirror does not know touch nothing.

    Their rows stay locked until the transaction ends, as the order of all locks has it.
    """
    rows = lock_rows(tx, connection_id, records).values()
    return frozenset().union(*(subjects_of_row(tx, row) for row, _ in rows))


def subjects_of_row(tx: psycopg.Connection, row: PractifiRow) -> frozenset[Subject]:
    """Return what one record touches."""
    if row.kind == "list":
        return frozenset({("list", row.sf_id)})
    if row.kind == "contact":
        return frozenset({("address", row.email_key)}) if row.email_key else frozenset()
    if row.kind == "membership" and row.contact_id:
        key = contact_keys(tx, row.connection_id, [row.contact_id]).get(row.contact_id)
        return frozenset({("address", key)}) if key else frozenset()
    return frozenset()
