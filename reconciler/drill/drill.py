"""Try a restore: put the last backup into a database of its own and compare it with both sides."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.backups.restore import restore
from bridge.bootstrap import open_installation
from bridge.connections.store import list_connections
from bridge.db.migrate import migrate
from bridge.db.queries import load_queries
from bridge.runs.model import Scope
from reconciler.drill.rehearsal import Rehearsal
from reconciler.drill.scratch import scratch
from reconciler.runs.attend import Attendant
from reconciler.terminal import Terminal, exit_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bridge.backups.restore import PutBack
    from bridge.bootstrap import Installation
    from bridge.runs.model import Job, RunRecord
    from bridge.settings import Settings

JOBS: tuple[Job, ...] = ("lists", "contacts")
"""What is compared: who is on which list, and who may be mailed."""

SQL = load_queries("reconciler.drill")


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One job of one connection.

    Attributes:
        record: The run that made its plan, as it ended in the copy.
        took_s: Seconds that it took.
        code: The exit code that says how it ended.
    """

    connection: str
    job: Job
    record: RunRecord
    took_s: float
    code: int


@dataclass(frozen=True, kw_only=True)
class Drill:
    """How a restore would go.

    Attributes:
        put_back: The restore.
        migrated: The migrations that the backup lacked.
        compared: What a first look at both sides found.
        left_out: Connections that do not work now, or that the backup does not know.
        took_s: Seconds until the last plan was there.
    """

    put_back: PutBack
    migrated: Sequence[int]
    compared: Sequence[Compared]
    left_out: Sequence[str]
    took_s: float


def rehearse(settings: Settings, path: Path, folder: Path, *, by: str) -> Drill:
    """Return how a restore of a backup goes; nothing of it is left, and no side is changed.

    Args:
        settings: Of the installation whose logins and calls are used.
        path: The backup.
        folder: Where the copy may be for that long.
        by: Who asked.

    Raises:
        ConfigurationError: If the backup cannot be put back, or no server runs here.
        BackupFailed: If it is damaged.
    """
    began = time.monotonic()
    with scratch(settings, folder) as copy:
        put_back = restore(copy, path, replace=False, by=by)
        migrated = migrate(copy)
        with closing(_Both(settings, copy)) as both:
            left_out = both.prepare()
            compared = list(both.compare(by))
    return Drill(
        put_back=put_back,
        migrated=migrated,
        compared=compared,
        left_out=left_out,
        took_s=time.monotonic() - began,
    )


class _Both:
    """The installation that works, and the copy."""

    def __init__(self, settings: Settings, copy: Settings) -> None:
        self._real = open_installation(settings)
        opened = open_installation(copy)
        self._copy: Installation = Rehearsal(
            settings=copy,
            database=opened.database,
            keyring=opened.keyring,
            broker=opened.broker,
            waker=opened.waker,
            real=self._real,
        )
        self._names: dict[int, str] = {}

    def prepare(self) -> list[str]:
        """Let the copy compare what works now; return the names of what does not."""
        with self._real.database.transaction() as tx:
            real = {each.name: each for each in list_connections(tx)}
        with self._copy.database.transaction() as tx:
            tx.execute(SQL["free_calls"])
            tx.execute(SQL["free_shares"])
            for number, name in tx.execute(SQL["connections"]).fetchall():
                if name in real and real[name].state == "active":
                    self._names[number] = name
                    tx.execute(SQL["let_compare"], {"id": number})
        return sorted(real.keys() - {*self._names.values()})

    def compare(self, by: str) -> Iterator[Compared]:
        """Yield what each connection differs in, by the plans of its jobs."""
        for number, name in self._names.items():
            for job in JOBS:
                began = time.monotonic()
                screen = Terminal(self._copy.database, number, is_json=False, shows_plan=False)
                attendant = Attendant(self._copy, number, job, screen)
                end = attendant.see_through("plan", asked_by=by, scope=Scope(extent="full"))
                code = end.interrupted or exit_code(end.record, {}, tell_differences=False)
                yield Compared(
                    connection=name,
                    job=job,
                    record=end.record,
                    took_s=time.monotonic() - began,
                    code=code,
                )
                if end.interrupted:
                    return

    def close(self) -> None:
        """Close what both have open."""
        for installation in (self._copy, self._real):
            installation.broker.close()
            installation.database.close()
