"""Pauses: lanes of a connection that a person has stopped, and the sentence that says so.

A paused lane is received and triaged as ever; nobody claims its work (`peek_work`, `claim_work`)
and no run applies a plan in it. Work goes on as it stands once the lane is resumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from bridge.db.queries import load_queries
from bridge.delivery.work import CONSENT, LANES

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    import psycopg

_SQL = load_queries("bridge.pauses")

ALL_LANES = frozenset(range(len(LANES)))
DOCTOR = "doctor"
"""Who has paused what the doctor holds, and lets it go on once nothing stands against it."""

DELIVERY_LANES = ALL_LANES - {CONSENT}
"""What is paused unless more is asked for: opt-outs go on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pause:
    """One lane of one connection that is paused.

    Attributes:
        connection: The connection's name.
        paused_by: The user of the machine who paused it.
    """

    connection_id: int
    connection: str
    lane: int
    paused_at: datetime
    paused_by: str
    reason: str | None

    def words(self) -> str:
        """Return since when, by whom and why the lane is paused."""
        why = f": {self.reason}" if self.reason else ""
        at = f"{self.paused_at:%Y-%m-%d %H:%M} UTC"
        return f"the lane {LANES[self.lane]} is paused since {at} by {self.paused_by}{why}"

    def way_on(self) -> str:
        """Return the command that lets the lane go on."""
        if self.paused_by == DOCTOR:
            return f"`bridge doctor --connection {self.connection}`"
        return "`bridge resume`"


def pause_lanes(
    tx: psycopg.Connection[Any],
    connection_ids: Collection[int],
    lanes: Collection[int],
    *,
    by: str,
    reason: str | None = None,
) -> None:
    """Pause lanes of connections; one that is paused already stays as it is."""
    tx.execute(
        _SQL["add_pauses"],
        {
            "connection_ids": list(connection_ids),
            "lanes": list(lanes),
            "by": by,
            "reason": reason,
        },
    )


def resume_lanes(
    tx: psycopg.Connection[Any], connection_ids: Collection[int], lanes: Collection[int]
) -> int:
    """Let lanes go on, and return how many of them were paused."""
    values = {"connection_ids": list(connection_ids), "lanes": list(lanes)}
    return len(tx.execute(_SQL["end_pauses"], values).fetchall())


def release_lanes(tx: psycopg.Connection[Any], connection_id: int, *, by: str) -> int:
    """Let all lanes of a connection go on that somebody has paused; return how many."""
    values = {"connection_id": connection_id, "by": by}
    return len(tx.execute(_SQL["end_pauses_of"], values).fetchall())


def read_pauses(tx: psycopg.Connection[Any]) -> list[Pause]:
    """Return what is paused, by connection and lane."""
    with tx.cursor(row_factory=class_row(Pause)) as cursor:
        return cursor.execute(_SQL["pauses"]).fetchall()


def find_pause(tx: psycopg.Connection[Any], connection_id: int, lane: int) -> Pause | None:
    """Return the pause of one lane, or None where it goes on."""
    found = (each for each in read_pauses(tx) if each.connection_id == connection_id)
    return next((each for each in found if each.lane == lane), None)
