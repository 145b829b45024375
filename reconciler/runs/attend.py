"""See a run through for a person who waits: work on it here, or follow whoever does."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from bridge.runs.model import WHOLE
from bridge.runs.store import ask_run, load_run
from reconciler.runs.context import Watcher
from reconciler.runs.execute import cancel_now, execute
from reconciler.runs.halt import Halt, RunCancelled, RunReleased
from reconciler.runs.store import claim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import psycopg

    from bridge.bootstrap import Installation
    from bridge.runs.model import Job, Mode, RunRecord, Scope
    from reconciler.runs.store import RunLease

_LOOK_S = 0.5
_STDERR = 2
_SIGTERM_CODE = 128 + signal.SIGTERM
_SIGINT_CODE = 128 + signal.SIGINT


class Screen(Protocol):
    """Where the person looks."""

    def note(self, text: str) -> None:
        """Say something that is neither plan nor progress."""

    def progress(self, what: str, done: int, total: int | None) -> None:
        """Show how far the run is."""

    def ends(self, at: datetime | None) -> None:
        """Show with the next progress when it is foreseen to end (UTC)."""

    def planned(self, record: RunRecord) -> None:
        """Show the plan of a run before it is applied."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunEnd:
    """How it ended for the person.

    Attributes:
        record: The run's row.
        interrupted: The exit code of a process that was told to stop, or None.
    """

    record: RunRecord
    interrupted: int | None = None


class _Shown(Watcher):
    """A watcher that passes on to the screen."""

    def __init__(self, screen: Screen, load: Callable[[], RunRecord]) -> None:
        self._screen = screen
        self._load = load

    def progress(self, what: str, done: int, total: int | None) -> None:
        self._screen.progress(what, done, total)

    def ends(self, at: datetime | None) -> None:
        self._screen.ends(at)

    def planned(self) -> None:
        self._screen.planned(self._load())


class Attendant:
    """Sees a job through in this process; needs no worker, and minds those that there are."""

    def __init__(
        self, installation: Installation, connection_id: int, job: Job, screen: Screen
    ) -> None:
        self._installation = installation
        self._connection_id = connection_id
        self._job: Job = job
        self._screen = screen

    def see_through(
        self,
        mode: Mode,
        *,
        asked_by: str,
        scope: Scope = WHOLE,
    ) -> RunEnd:
        """Return how the run ended that does what is wanted.

        A run of the job that is under way is followed to its end, and taken over if its process
        has gone. If it did something else, one more follows: a plan where applying was wanted, or
        only what somebody had approved before.
        """
        while True:
            with self._installation.database.transaction() as tx:
                run_id, is_new = ask_run(
                    tx,
                    self._connection_id,
                    self._job,
                    mode=mode,
                    origin="cli",
                    asked_by=asked_by,
                    scope=scope,
                )
                lease = self._claim(tx, run_id)
                record = load_run(tx, self._connection_id, run_id)
            if not is_new:
                how = "taken over" if lease else "shown here"
                self._screen.note(
                    f"run {run_id} of {self._job} ({record.mode}, asked for by {record.asked_by}) "
                    f"is under way already: it is {how}"
                )
            end = self._work(lease) if lease else self._follow(run_id)
            record = end.record
            if end.interrupted or record.is_open or record.does(mode, scope):
                return end

    def see_run(self, run_id: int) -> RunEnd:
        """Return how a run stands that was asked for already, worked on here or elsewhere.

        Where its calls are spent it waits for the next day's, and a worker goes on with it.
        """
        with self._installation.database.transaction() as tx:
            lease = self._claim(tx, run_id)
        return self._work(lease, may_wait=True) if lease else self._follow(run_id)

    def _claim(self, tx: psycopg.Connection[Any], run_id: int) -> RunLease | None:
        return claim(tx, self._connection_id, run_id, self._installation.settings.lease_s)

    def _work(self, lease: RunLease, *, may_wait: bool = False) -> RunEnd:
        """Carry the run to its end here. Ctrl-C cancels it; SIGTERM leaves it to the next one."""
        halt = Halt()
        told: dict[str, int] = {}
        watcher = _Shown(self._screen, lambda: self._load(lease.run.id))
        try:
            with _signals(halt, told):
                execute(self._installation, lease, watcher=watcher, halt=halt, may_wait=may_wait)
        except KeyboardInterrupt:
            cancel_now(self._installation, lease)
        record = self._load(lease.run.id)
        return RunEnd(record=record, interrupted=None if record.state == "done" else told.get("by"))

    def _follow(self, run_id: int) -> RunEnd:
        """Show how a run goes on elsewhere; Ctrl-C ends only the showing."""
        while True:
            record = self._load(run_id)
            if not record.is_open or record.reason is not None:
                return RunEnd(record=record)
            _show(self._screen, record.progress)
            with self._installation.database.transaction() as tx:
                lease = self._claim(tx, run_id)
            if lease is not None:
                self._screen.note(f"the process of run {run_id} has gone: it is taken over")
                return self._work(lease)
            try:
                time.sleep(_LOOK_S)
            except KeyboardInterrupt:
                self._screen.note(f"run {run_id} goes on")
                return RunEnd(record=record, interrupted=_SIGINT_CODE)

    def _load(self, run_id: int) -> RunRecord:
        with self._installation.database.transaction() as tx:
            return load_run(tx, self._connection_id, run_id)


def _show(screen: Screen, progress: Mapping[str, Any]) -> None:
    if "what" in progress:
        ends_at = progress.get("ends_at")
        screen.ends(None if ends_at is None else datetime.fromisoformat(ends_at))
        screen.progress(progress["what"], progress.get("done", 0), progress.get("total"))


@contextmanager
def _signals(halt: Halt, told: dict[str, int]) -> Iterator[None]:
    """Let Ctrl-C cancel the run politely, a second one at once, and SIGTERM leave it."""

    def interrupt(*_: object) -> None:
        told["by"] = _SIGINT_CODE
        signal.signal(signal.SIGINT, signal.default_int_handler)
        halt.ask(RunCancelled("interrupted"))
        # Not through a buffer: the signal may have come in the middle of filling it.
        os.write(_STDERR, b"\nstopping after the call under way; Ctrl-C again stops at once\n")

    def terminate(*_: object) -> None:
        told["by"] = _SIGTERM_CODE
        halt.ask(RunReleased("this process was told to stop"))

    former = signal.signal(signal.SIGINT, interrupt), signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former[0])
        signal.signal(signal.SIGTERM, former[1])
