"""Outages: whether each service answers at all, and who asks one that does not.

A subject that fails alone waits by itself. Where a service fails whoever asks, everybody's waits
would only differ by chance and be long by the time it is back. So after a few failures in a row all
wait for one: a single probe at a time asks, and once it is answered everything is due at once.
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from bridge.db.queries import load_queries
from bridge.delivery.consequence import Probe, next_probe_s
from bridge.errors import OutOfService, QuotaSpent, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bridge.connections.model import Connection
    from bridge.db.database import Database

SQL = load_queries("bridge.delivery", "outages.sql")
log = logging.getLogger(__name__)

System: TypeAlias = Literal["salesforce", "constant_contact"]

_NAMES = {"salesforce": "Salesforce", "constant_contact": "Constant Contact"}
_OPEN_AFTER = 3
_PROBE_S = 60.0
_LOOK_AGAIN_S = 1.0


class _Failing(NamedTuple):
    """A service that failed lately; `wait_s` is None while too few have failed to tell."""

    reason: str
    since: datetime
    wait_s: float | None


class Outages:
    """What one thread knows of the two services of one connection; not to be shared by threads."""

    def __init__(self, database: Database, connection: Connection) -> None:
        self._database = database
        self._connection = connection
        self._failing: dict[str, _Failing] = {}
        self._looked_at: float | None = None
        self._about: object = None
        self._probing: dict[str, object] = {}
        self._calls: defaultdict[object, Counter[str]] = defaultdict(Counter)

    def begin(self, about: object) -> None:
        """Name the piece of work that the next calls are for; several may be under way."""
        self._about = about

    def check(self, system: System) -> None:
        """Return where a call may be made.

        Raises:
            OutOfService: If the service is down and somebody else asks it, or nobody before long.
        """
        failing = self._look().get(system)
        if failing is None or failing.wait_s is None:
            return
        if system in self._probing and self._probing[system] == self._about:
            return
        if failing.wait_s <= 0 and self._take_probe(system):
            return
        raise OutOfService(
            f"{_NAMES[system]} does not answer since {failing.since:%Y-%m-%d %H:%M} UTC "
            f"({failing.reason}): this goes on by itself",
            system=system,
        )

    def note_call(self, system: System) -> None:
        """Count a call that is on its way: an error of it comes to `judge`."""
        self._calls[self._about][system] += 1

    @contextmanager
    def asking(self, system: System) -> Iterator[None]:
        """Check before a call and note it; see `check` for what it raises."""
        self.check(system)
        self.note_call(system)
        yield

    def judge(self, error: BaseException | None) -> Probe | None:
        """Learn from how the piece of work that was begun has ended.

        Returns:
            The next probe, where the error says that its service is down.
        """
        failed = _service_at_fault(error)
        calls = self._calls.pop(self._about, Counter[str]())
        answered = {system for system, count in calls.items() if count} - {failed}
        for system in answered & self._failing.keys():
            self._end(system)
        for system in [one for one, about in self._probing.items() if about == self._about]:
            del self._probing[system]
            if system not in answered | {failed}:
                self._give_probe_back(system)
        # Whoever was answered before it failed may be at fault itself: that is no outage of others.
        is_first = failed is not None and calls[failed] <= 1
        if failed is None:
            return None
        probe = self._count(failed, str(error))
        return probe if probe is None or is_first else probe._replace(down_s=0.0)

    def _look(self) -> dict[str, _Failing]:
        if self._looked_at is None or time.monotonic() > self._looked_at + _LOOK_AGAIN_S:
            with self._database.transaction() as tx:
                rows = tx.execute(SQL["outages"], {"connection_id": self._connection.id})
                self._failing = {system: _Failing(*others) for system, *others in rows}
            self._looked_at = time.monotonic()
        return self._failing

    def _take_probe(self, system: str) -> bool:
        with self._database.transaction() as tx:
            values = {"connection_id": self._connection.id, "system": system, "lease_s": _PROBE_S}
            is_mine = tx.execute(SQL["take_probe"], values).fetchone() is not None
        if is_mine:
            self._probing[system] = self._about
        return is_mine

    def _end(self, system: str) -> None:
        place = {"connection_id": self._connection.id, "system": system}
        with self._database.transaction() as tx:
            row = tx.execute(SQL["end_outage"], place).fetchone()
            since = None if row is None else row[0]
            if since is not None:
                tx.execute(SQL["wake_waiting"], place | {"since": since})
        self._failing.pop(system, None)
        if since is not None:
            extra = {"connection": self._connection.name, "system": system}
            log.warning("service_answers_again", extra=extra)

    def _count(self, system: str, reason: str) -> Probe | None:
        place = {"connection_id": self._connection.id, "system": system}
        probe = None
        with self._database.transaction() as tx:
            row = tx.execute(SQL["count_failure"], place | {"reason": reason}).fetchone()
            failures, down_s = row if row is not None else (0, 0.0)
            if failures >= _OPEN_AFTER:
                wait_s = next_probe_s(failures - _OPEN_AFTER, random.random())  # noqa: S311
                tx.execute(SQL["postpone_probe"], place | {"wait_s": wait_s})
                probe = Probe(after_s=wait_s, down_s=down_s)
        self._looked_at = None
        self._look()
        if failures == _OPEN_AFTER:
            extra = {"connection": self._connection.name, "system": system, "why": reason}
            log.error("service_down", extra=extra)
        return probe

    def _give_probe_back(self, system: str) -> None:
        place = {"connection_id": self._connection.id, "system": system}
        with self._database.transaction() as tx:
            tx.execute(SQL["give_probe_back"], place)


def _service_at_fault(error: BaseException | None) -> str | None:
    """Return the service that would have failed any other call as well, or None."""
    match error:
        case OutOfService():
            return None
        case Unavailable():
            return error.system
        case QuotaSpent() if error.system == "salesforce":
            return error.system
        case _:
            return None
