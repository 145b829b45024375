"""Cut what goes in bulk into activities that the vendor takes whole. Pure.

An import holds 40,000 rows and 4 MB, and drops in silence what is beyond. The published number of
bytes may mean either million, so the smaller one holds, less what surrounds the rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.constant_contact.bodies import encoded
from bridge.delivery.bulk.model import Batch

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bridge.delivery.bulk.model import ActivityKind, BulkChange

MOST_BYTES = 4_000_000 - 4_096
MOST_ROWS = {"import": 40_000, "add_to_lists": 500, "remove_from_lists": 500}
FEWEST_ROWS = 3
"""Smaller activities cost as many calls as the changes do one by one, and take longer."""


def size_of(change: BulkChange) -> int:
    """Return the bytes that a row adds to its activity on the wire.

    >>> from bridge.delivery.bulk.model import BulkChange
    >>> size_of(BulkChange(kind="import", list_ids=("l",), row={"email": "ä@b.c"}))
    19
    """
    if isinstance(change.row, str):
        return len(change.row.encode()) + 3  # quotes and a comma
    return len(encoded(change.row)) + 1


def place(changes: Iterable[BulkChange], batches: Sequence[Batch]) -> tuple[list[Batch], list[int]]:
    """Put changes into batches, new ones where none has room.

    Args:
        changes: What goes in bulk.
        batches: Those that are open already.

    Returns:
        All batches, the given ones first and in their order; and the place of each change in them.
    """
    placed = list(batches)
    roomy: dict[tuple[ActivityKind, tuple[str, ...]], int] = {}
    for number, batch in enumerate(placed):
        roomy[batch.kind, batch.list_ids] = number  # the last one: those before it are full
    places: list[int] = []
    for change in changes:
        key, size = (change.kind, change.list_ids), size_of(change)
        number = roomy.get(key, -1)
        if number < 0 or not _has_room(placed[number], size):
            number = roomy[key] = len(placed)
            placed.append(Batch(kind=change.kind, list_ids=change.list_ids))
        batch = placed[number]
        placed[number] = replace(batch, rows=batch.rows + 1, size_bytes=batch.size_bytes + size)
        places.append(number)
    return placed, places


def _has_room(batch: Batch, size: int) -> bool:
    return batch.rows < MOST_ROWS[batch.kind] and batch.size_bytes + size <= MOST_BYTES
