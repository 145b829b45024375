"""`bridge reconcile`: run a job in this process, show its plan and what became of it."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from bridge import log as logs
from bridge.bootstrap import open_installation
from bridge.connections.secrets import refuse_foreign_ring
from bridge.db.migrate import wait_for_schema
from bridge.errors import ConfigurationError
from bridge.runs.model import JOBS, Scope
from bridge.runs.store import ask_run, load_run
from bridge.settings import read_settings
from bridge.wakeups import topics
from reconciler.meant import connection_meant, user_here
from reconciler.runs.attend import Attendant
from reconciler.terminal import Terminal, print_json

if TYPE_CHECKING:
    from bridge.bootstrap import Installation
    from bridge.connections.model import Connection
    from bridge.runs.model import Mode

_CODES = """exit codes: 0 done, 1 failed, 2 wrong use or configuration, 3 differences (--exit-code),
4 the plan waits for an approval, 5 the other side is unavailable, 6 some steps were refused,
130 interrupted"""


def main(argv: list[str]) -> int:
    """Run `bridge reconcile` and return the exit code."""
    arguments = _parser().parse_args(argv)
    if arguments.exit_code and not arguments.plan:
        raise ConfigurationError("--exit-code tells differences of a plan: give --plan as well")
    _check(arguments)
    settings = read_settings()
    logs.configure("error", "reconcile")
    wait_for_schema(settings, 0)
    installation = open_installation(settings)
    try:
        with installation.database.transaction() as tx:
            refuse_foreign_ring(tx, installation.keyring)
        connection = connection_meant(installation, arguments.connection)
        if arguments.detach:
            return _detach(installation, connection, arguments)
        terminal = Terminal(installation.database, connection.id, is_json=arguments.json)
        attendant = Attendant(installation, connection.id, arguments.job, terminal)
        end = attendant.see_through(
            _mode(arguments),
            asked_by=user_here(),
            scope=_scope(arguments),
        )
        return terminal.conclude(end, tell_differences=arguments.exit_code)
    finally:
        installation.broker.close()
        installation.database.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge reconcile",
        description="Compare both sides, print what differs, and make it right.",
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("job", choices=JOBS, metavar="JOB", help=", ".join(JOBS))
    parser.add_argument("--plan", action="store_true", help="only print what would be done")
    parser.add_argument(
        "--exit-code", action="store_true", help="with --plan: exit code 3 where there is anything"
    )
    extent = parser.add_mutually_exclusive_group()
    extent.add_argument(
        "--full",
        action="store_const",
        const="full",
        dest="extent",
        help="read everything; without this, contacts are read as cost and age tell",
    )
    extent.add_argument(
        "--incremental",
        action="store_const",
        const="incremental",
        dest="extent",
        help="read of contacts what changed since the run before",
    )
    parser.add_argument(
        "--accept-fewer",
        action="store_true",
        help="go on, this once, where far less is read than before",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="contact:ID|list:ID",
        help="with contacts: only this person, or who is on this list",
    )
    parser.add_argument("--connection", metavar="NAME", help="the connection, if there are several")
    parser.add_argument(
        "--detach", action="store_true", help="leave it to a worker and print the run's number"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def _check(arguments: argparse.Namespace) -> None:
    """Refuse what cannot be meant.

    Raises:
        ConfigurationError: If it says what nobody can do.
    """
    if arguments.extent == "incremental" and arguments.job != "contacts":
        raise ConfigurationError("--incremental is for contacts")
    if arguments.accept_fewer and arguments.job == "activities":
        raise ConfigurationError("--accept-fewer is for lists and contacts")
    if arguments.only and arguments.extent is not None:
        raise ConfigurationError("--only reads what it is about: give it without --full and so on")
    if arguments.only and arguments.job != "contacts":
        raise ConfigurationError("--only is about people: give it with contacts")
    for text in arguments.only:
        kind, _, given = text.partition(":")
        if kind not in {"contact", "list"} or not given:
            raise ConfigurationError(f"{text!r}: contact:ID or list:ID is wanted")


def _mode(arguments: argparse.Namespace) -> Mode:
    return "plan" if arguments.plan else "apply"


def _detach(
    installation: Installation, connection: Connection, arguments: argparse.Namespace
) -> int:
    mode = _mode(arguments)
    with installation.database.transaction() as tx:
        run_id, is_new = ask_run(
            tx,
            connection.id,
            arguments.job,
            mode=mode,
            origin="cli",
            asked_by=user_here(),
            scope=_scope(arguments),
        )
        under_way = load_run(tx, connection.id, run_id).mode
    installation.waker.wake({topics.RUNS})
    if arguments.json:
        print_json({"run": run_id, "mode": under_way, "is_new": is_new})
    else:
        if not is_new:
            sys.stderr.write(f"run {run_id} ({under_way}) is under way already\n")
        sys.stdout.write(f"{run_id}\n")
    return 0


def _scope(arguments: argparse.Namespace) -> Scope:
    return Scope(extent=arguments.extent, accepts_fewer=arguments.accept_fewer, only=arguments.only)
