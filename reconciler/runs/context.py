"""What a job works with: the run it is, both sides, and how it says that it is alive."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from bridge.clock import now
from bridge.constant_contact.budget import ask, note_limit
from bridge.delivery.work import ENGAGEMENT, RECONCILE
from bridge.errors import QuotaSpent, Retryable
from bridge.pauses.store import find_pause
from reconciler.runs import store
from reconciler.runs.checkpoints import read_checkpoint, restart, write_checkpoint
from reconciler.runs.halt import Halt, RunPaused
from reconciler.runs.model import Checkpoint, Counters
from reconciler.runs.slots import RunSlots

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection
    from bridge.constant_contact.client import ConstantContact
    from bridge.mapping.versions import ActiveMapping
    from bridge.salesforce.client import Salesforce
    from reconciler.runs.model import Run

    T = TypeVar("T")

log = logging.getLogger(__name__)

_STORE_EVERY_S = 0.5
_WAITS_S = (1.0, 3.0, 9.0, 27.0)
_DEADLOCKS_BORNE = 2


class Watcher:
    """Whoever looks on while a run goes; this one looks away."""

    def progress(self, what: str, done: int, total: int | None) -> None:
        """See what is being done, how much of it is, and of how much if that is known."""

    def ends(self, at: datetime | None) -> None:
        """See when what is being done is foreseen to end (UTC); None: nobody can tell."""

    def planned(self) -> None:
        """See that the plan is stored, before any of it is carried out."""


@dataclass(frozen=True, kw_only=True)
class RunContext:
    """One run as its job sees it; for one thread.

    Attributes:
        current: The mapping in force when the run was claimed.
        counters: For `make_plan` to fill; they must add up.
        watcher: Told how far the run is.
        halt: Raises where the run shall stop.
    """

    installation: Installation
    connection: Connection
    run: Run
    lease: store.RunLease
    current: ActiveMapping
    counters: Counters = field(default_factory=Counters)
    watcher: Watcher = field(default_factory=Watcher)
    halt: Halt = field(default_factory=Halt)
    _shown: dict[str, Any] = field(default_factory=dict)
    _clients: dict[object, Any] = field(default_factory=dict)

    def renew(self, tx: psycopg.Connection[Any], *, may_stop: bool = True) -> None:
        """Lock the run until the transaction ends, and extend its lease.

        Do it last in a transaction that writes what the run found or did: then nothing is written
        by a process that has lost the run.

        Args:
            tx: The transaction.
            may_stop: Whether a wish to stop is heard. Not where the transaction keeps what a
                call has done there already.

        Raises:
            RunLost: If another process has the run.
            RunCancelled: If a person asked it to stop.
            RunReleased: If this process is about to end.
        """
        is_cancelled = store.renew(tx, self.lease)
        if may_stop:
            if is_cancelled:
                self.halt.ask(store.refuse_cancelled(self.lease))
            self.halt.check()

    def hear(self) -> None:
        """Hear whether somebody wants the run to stop, and extend its lease.

        Raises:
            RunLost: If another process has the run.
            RunCancelled: If a person asked it to stop.
            RunReleased: If this process is about to end.
        """
        with self.installation.database.transaction() as tx:
            self.renew(tx)

    def enter(self, state: str) -> None:
        """Move the run to a state: `reading`, `planning`, `applying`."""
        with self.installation.database.transaction() as tx:
            store.enter(tx, self.lease, state)
            self.renew(tx)

    def progress(
        self, what: str, done: int, total: int | None = None, *, ends_at: datetime | None = None
    ) -> None:
        """Say what is being done and how much of it is; cheap enough for every page and step.

        Args:
            what: In words for people.
            done: How much of it is done.
            total: Of how much, if that is known.
            ends_at: When the rest will be (UTC), if that is known.

        Raises:
            RunLost: If another process has the run.
            RunCancelled: If a person asked it to stop.
            RunReleased: If this process is about to end.
        """
        self.halt.check()
        self.watcher.ends(ends_at)
        self.watcher.progress(what, done, total)
        moment = time.monotonic()
        is_old = moment - self._shown.get("at", 0.0) >= _STORE_EVERY_S
        if not is_old and self._shown.get("what") == what and done != total:
            return
        self._shown.update(what=what, at=moment)
        with self.installation.database.transaction() as tx:
            progress: dict[str, Any] = {"what": what, "done": done, "total": total}
            if ends_at is not None:
                progress["ends_at"] = ends_at.isoformat()
            store.save_progress(tx, self.lease, progress)
            self.renew(tx)

    def checkpoint(self, tx: psycopg.Connection[Any], source: str) -> Checkpoint:
        """Return how far a source was read; see `read_checkpoint` for the names of sources."""
        return read_checkpoint(tx, self.lease, source)

    def save_checkpoint(
        self,
        tx: psycopg.Connection[Any],
        source: str,
        *,
        cursor: str | None,
        row_count: int,
        complete: bool,
    ) -> None:
        """Keep how far a source was read, in the transaction that stages the page.

        Args:
            tx: That transaction.
            source: `practifi:KIND` or `cc:KIND` where it stages rows, else any name.
            cursor: Where the next page begins.
            row_count: Rows staged so far, with those of this page.
            complete: There is nothing more to read.
        """
        point = Checkpoint(cursor=cursor, row_count=row_count, complete=complete)
        write_checkpoint(tx, self.lease, source, point)

    def restart(self, tx: psycopg.Connection[Any], source: str) -> int:
        """Let a source that stages rows begin anew; return how often that was done."""
        return restart(tx, self.lease, source)

    def note(self, tx: psycopg.Connection[Any], text: str) -> None:
        """Keep something that people should know of how the run went, said once."""
        store.add_note(tx, self.lease, text)
        log.info("run_note", extra={"run": self.run.id, "note": text})

    def forget_snapshot(self, tx: psycopg.Connection[Any]) -> None:
        """Forget what was staged: every source is read from its start."""
        store.drop_snapshot(tx, self.lease)

    def refuse_paused(self) -> None:
        """Ask, before something is changed on either side, that nobody has paused the lane.

        Raises:
            RunPaused: If somebody has; the message says who, when and why.
        """
        with self.installation.database.transaction() as tx:
            pause = find_pause(tx, self.connection.id, self.lane)
        if pause is not None:
            raise RunPaused(pause.words(), way_on=pause.way_on())

    @property
    def lane(self) -> int:
        """The lane that the run's calls are counted in."""
        return ENGAGEMENT if self.run.job == "activities" else RECONCILE

    def slots(self, lane: int | None = None) -> RunSlots:
        """Return what gives this run its calls; by default in the job's own lane."""
        return RunSlots(
            self.installation.database,
            self.connection,
            lane=self.lane if lane is None else lane,
            halt=self.halt,
        )

    def salesforce(self) -> Salesforce:
        """Return the run's client of the organization; it is closed with the run."""
        if "salesforce" not in self._clients:
            self._clients["salesforce"] = self.installation.salesforce(self.connection)
        client: Salesforce = self._clients["salesforce"]
        return client

    def constant_contact(self, lane: int | None = None) -> ConstantContact:
        """Return the run's client of the account, a lane each; it is closed with the run."""
        if lane not in self._clients:
            self._clients[lane] = self.installation.constant_contact(
                self.connection, self.slots(lane).take
            )
        client: ConstantContact = self._clients[lane]
        return client

    def patiently(self, call: Callable[[], T]) -> T:
        """Return what a call that only reads gives; ask again, up to a minute, where it failed.

        Raises:
            RemoteError: What the last try raised.
            QuotaSpent: If the day has no call left; `until` says when it has.
            RunCancelled: If a person asked the run to stop meanwhile, and so on.
        """
        for wait_s in _WAITS_S:
            try:
                return call()
            except QuotaSpent:
                raise
            except Retryable as error:
                self.note_limit(error)
                log.info("read_again", extra={"run": self.run.id, "error": type(error).__name__})
                self.halt.wait(max(wait_s, error.after_s or 0.0))
        return call()

    def despite_deadlocks(self, work: Callable[[], T]) -> T:
        """Return what work in one transaction gives; begin it anew where it met a deadlock.

        Raises:
            psycopg.errors.DeadlockDetected: If that happened three times in a row.
        """
        for _ in range(_DEADLOCKS_BORNE):
            try:
                return work()
            except psycopg.errors.DeadlockDetected:
                log.warning("deadlock", extra={"run": self.run.id})
        return work()

    def note_limit(self, error: Exception) -> None:
        """Let every worker of the API application know what the vendor answered."""
        note_limit(self.installation.database, self.connection, error)

    def calls_begin_at(self, error: QuotaSpent) -> datetime:
        """Return when calls are allowed again (UTC), as the vendor or the budget says."""
        if error.until is not None:
            return error.until
        with self.installation.database.transaction() as tx:
            try:
                application_id = self.connection.api_application_id
                if application_id is not None:
                    ask(tx, application_id, self.connection.id, self.lane)
            except QuotaSpent as known:
                if known.until is not None:
                    return known.until
            return now(tx)

    def close(self) -> None:
        """Close the clients."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
