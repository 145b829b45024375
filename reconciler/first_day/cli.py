"""`bridge first-day`: compare both sides, keep them as they are, say what would be done."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bridge import log as logs
from bridge.bootstrap import open_installation
from bridge.connections.secrets import refuse_foreign_ring
from bridge.db.migrate import wait_for_schema
from bridge.errors import ConfigurationError
from bridge.first_day.gather import calls_made, gather, keep
from bridge.first_day.model import Kept
from bridge.mapping.versions import active
from bridge.plans.text import total_line
from bridge.runs.model import JOBS, WHOLE, Scope
from bridge.settings import read_settings
from reconciler.first_day.showing import print_summary
from reconciler.kept.folders import free_folder
from reconciler.kept.take import refuse_existing, take
from reconciler.meant import connection_meant, user_here
from reconciler.runs.attend import Attendant
from reconciler.terminal import DONE, Terminal, exit_code, print_json

if TYPE_CHECKING:
    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection
    from bridge.first_day.model import Findings
    from bridge.runs.model import Job, RunRecord
    from reconciler.kept.manifest import Manifest

_CODES = """Nothing is written to either side. It may be run again at any time: a job that runs is
joined, and what was found before stays on record.

exit codes: 0 done, 1 failed, 2 wrong use or configuration, 5 a side is unavailable or the calls of
the day are spent, 130 interrupted"""

_WHOLE_BOOK = Scope(extent="full")


def main(argv: list[str]) -> int:
    """Run `bridge first-day` and return the exit code."""
    arguments = _parser().parse_args(argv)
    settings = read_settings()
    logs.configure("error", "first-day")
    wait_for_schema(settings, 0)
    installation = open_installation(settings)
    try:
        with installation.database.transaction() as tx:
            refuse_foreign_ring(tx, installation.keyring)
        connection = connection_meant(installation, arguments.connection)
        if arguments.to is not None:
            refuse_existing(arguments.to)
        terminal = Terminal(
            installation.database, connection.id, is_json=arguments.json, shows_plan=False
        )
        day = FirstDay(installation, connection, terminal)
        code = day.compare()
        if code != DONE:
            return code
        folder = arguments.to or free_folder(installation, connection)
        findings = day.conclude(None if arguments.no_snapshot else folder)
        if arguments.json:
            print_json(findings.as_json())
        else:
            print_summary(findings)
        return DONE
    finally:
        installation.broker.close()
        installation.database.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge first-day",
        description="Compare both sides, keep them as they are, and say what would be done.",
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "connection", nargs="?", metavar="CONNECTION", help="if there are several: which"
    )
    snapshot = parser.add_mutually_exclusive_group()
    snapshot.add_argument(
        "--to",
        type=Path,
        metavar="DIR",
        help="new folder for the snapshot; default: in `snapshots` of the data folder",
    )
    snapshot.add_argument("--no-snapshot", action="store_true", help="take none")
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


class FirstDay:
    """The first day of one connection: three plan-only runs, a snapshot, and what they tell."""

    def __init__(
        self, installation: Installation, connection: Connection, terminal: Terminal
    ) -> None:
        """Begin; nothing is called yet."""
        self._installation = installation
        self._connection = connection
        self._terminal = terminal
        self._runs: list[RunRecord] = []
        self._calls = 0

    def compare(self) -> int:
        """Run the three jobs plan-only and return the exit code of the first that did not end well.

        Each reads all of both sides, so that what is counted then is how they are now.
        """
        before = self._calls_made()
        for job in JOBS:
            code = self._run(job)
            if code != DONE:
                return code
        self._calls = self._calls_made() - before
        return DONE

    def conclude(self, folder: Path | None) -> Findings:
        """Take the snapshot, where a folder is named, and return what the day has found, kept.

        Raises:
            QuotaSpent: If the day has no call left for the snapshot.
            RemoteError: If a side does not answer.
        """
        kept: Kept | None = None
        calls = 0
        if folder is not None:
            manifest = take(self._installation, self._connection, folder, self._terminal)
            kept, calls = kept_of(folder, manifest), manifest.calls
            self._terminal.note(f"snapshot: {folder}, read again and whole")
        with self._installation.database.transaction() as tx:
            current = active(tx, self._connection.id)
            if current is None:
                raise ConfigurationError("the mapping was taken away meanwhile")
            findings = gather(
                tx,
                self._connection,
                current.mapping.names,
                runs=self._runs,
                kept=kept,
                calls_of_runs=self._calls,
                calls_of_snapshot=calls,
                storage_above=self._installation.settings.storage_above,
            )
            keep(tx, self._connection.id, findings, by=user_here())
        return findings

    def _run(self, job: Job) -> int:
        scope = WHOLE if job == "activities" else _WHOLE_BOOK
        attendant = Attendant(self._installation, self._connection.id, job, self._terminal)
        end = attendant.see_through("plan", asked_by=user_here(), scope=scope)
        code = end.interrupted or exit_code(end.record, {}, tell_differences=False)
        if code == DONE:
            self._runs.append(end.record)
            self._terminal.note(f"{job}: {total_line(end.record.totals)}")
        elif end.record.reason is not None:
            self._terminal.note(f"run {end.record.id} of {job}: {end.record.reason}")
        return code

    def _calls_made(self) -> int:
        with self._installation.database.transaction() as tx:
            return calls_made(tx, self._connection.id)


def kept_of(folder: Path, manifest: Manifest) -> Kept:
    """Return what a person is told of a snapshot."""
    return Kept(
        folder=str(folder),
        contacts=manifest.rows("constant_contact", "contacts"),
        lists=manifest.rows("constant_contact", "lists"),
        people=manifest.rows("practifi", "contact"),
        memberships=manifest.rows("practifi", "membership"),
    )
