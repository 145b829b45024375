"""What is said of notifications whose work has failed and is tried again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg

    from bridge.console.times import Times

_SQL = load_queries("bridge.console.pages", "trying.sql")
_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Trying:
    """Tries of what a notification asks for.

    Attributes:
        tries: How often it was tried, at least once.
        failed_at: When the last of them failed (UTC); None where nobody has written it down.
        next_at: When it is tried again (UTC).
    """

    tries: int
    failed_at: datetime | None
    next_at: datetime

    def words(self, times: Times) -> str:
        """Return what is said of it, with the times of a reader's zone.

        >>> from datetime import UTC, datetime
        >>> from bridge.console.times import Times
        >>> failed_at = datetime(2026, 11, 28, 14, 2, tzinfo=UTC)
        >>> next_at = datetime(2026, 11, 28, 14, 10, tzinfo=UTC)
        >>> Trying(tries=3, failed_at=failed_at, next_at=next_at).words(Times())
        '3rd attempt failed 14:02, next 14:10'
        """
        name = _ORDINALS.get(self.tries, f"{self.tries}th")
        failed = "" if self.failed_at is None else f" {times.clock(self.failed_at)}"
        return f"{name} attempt failed{failed}, next {times.clock(self.next_at)}"


def read_trying(
    tx: psycopg.Connection[Any], notifications: Sequence[tuple[int, str]]
) -> list[Trying | None]:
    """Return how each of some notifications is tried; None where nothing has failed.

    Args:
        tx: A connection to the database.
        notifications: The connection and the id of each.
    """
    values = {
        "connection_ids": [connection_id for connection_id, _ in notifications],
        "notification_ids": [notification_id for _, notification_id in notifications],
    }
    found = {
        number: Trying(tries=tries, failed_at=failed_at, next_at=next_at)
        for number, tries, failed_at, next_at in tx.execute(_SQL["trying"], values)
    }
    return [found.get(number) for number in range(1, len(notifications) + 1)]
