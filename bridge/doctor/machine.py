"""The disk that the bridge's data lie on: how much room is left."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, NamedTuple

from bridge.doctor.findings import fault

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.doctor.findings import Outcome

_GIB = 1 << 30
FULL_BYTES = 1 * _GIB
FILLING_SHARE = 0.1


class Room(NamedTuple):
    """A disk: where it is, and its bytes in all and those that are free."""

    path: str
    total: int
    free: int


def room_of(folder: Path) -> Room:
    """Return the room on the disk of a folder, or of the nearest one above that is there."""
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    usage = shutil.disk_usage(there)
    return Room(str(folder), usage.total, usage.free)


def judge_disk(room: Room) -> Outcome:
    """Say whether there is room for a while.

    >>> judge_disk(Room(".bridge", 100 << 30, 50 << 30))
    '50 GiB of 100 are free at .bridge'
    """
    says = f"{_gib(room.free)} GiB of {_gib(room.total)} are free at {room.path}"
    if room.free < FULL_BYTES:
        return fault("disk_full", says)
    if room.free < room.total * FILLING_SHARE:
        return fault("disk_filling", says)
    return says


def _gib(count: int) -> str:
    return f"{count / _GIB:.1f}".removesuffix(".0")
