"""Recorded nights: the only part of the demo that is written and not played.

Thirty nights would take minutes to play. These rows are what the runs of the time before the demo
would have left; the two nights that the story plays come after them.
"""

from __future__ import annotations

import os
from importlib.resources import files
from typing import TYPE_CHECKING

import psycopg

from sandbox.demo.bridge import CONNECTION
from sandbox.demo.errors import DemoError

if TYPE_CHECKING:
    from pathlib import Path

NIGHTS = 30
_USER = _DATABASE = "bridge"
_LONGEST_SOCKET = 90  # bytes of a path that every system takes, with the socket's own name after it


def record_nights(data_dir: Path) -> None:
    """Write what the nights before the demo would have left in the bridge's database.

    Args:
        data_dir: The data directory of the bridge, which is up.

    Raises:
        DemoError: If the database does not take it.
    """
    sql = files("sandbox.demo").joinpath("history.sql").read_bytes()
    folder = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)
    place = str(data_dir / "pg")
    try:
        with psycopg.connect(
            host=f"/proc/self/fd/{folder}/pg" if len(place) > _LONGEST_SOCKET else place,
            port=5432,
            user=_USER,
            dbname=_DATABASE,
        ) as database:
            database.execute(sql, {"connection": CONNECTION, "nights": NIGHTS})
    except psycopg.Error as error:
        raise DemoError(f"the nights before the demo cannot be recorded: {error}") from None
    finally:
        os.close(folder)
