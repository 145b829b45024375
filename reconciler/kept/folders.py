"""Where a snapshot goes when nobody says."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from bridge.clock import now

if TYPE_CHECKING:
    from pathlib import Path

    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection


def free_folder(installation: Installation, connection: Connection) -> Path:
    """Return a folder in `snapshots` of the data folder that is not there yet, by name and day."""
    with installation.database.transaction() as tx:
        day = now(tx).date()
    place = installation.settings.data_dir / "snapshots"
    for number in count(1):
        name = f"{connection.name}-{day}" + ("" if number == 1 else f"-{number}")
        if not (place / name).exists():
            return place / name
    raise AssertionError  # pragma: no cover -- it counts until there is one
