"""`bridge runs`: which runs there were, what one did, and how to stop one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bridge.connections.store import load_connection
from bridge.consent.who import user_name
from bridge.db.database import open_database
from bridge.db.migrate import wait_for_schema
from bridge.plans.store import discard_plan, find_plan
from bridge.plans.text import shown
from bridge.runs.store import ask_cancel, find_run, newest_runs
from bridge.settings import read_settings
from reconciler.runs.attend import RunEnd
from reconciler.terminal import Terminal, print_json, print_line, run_as_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.db.database import Database
    from bridge.runs.model import RunRecord

_LIMIT = 20
_HEADS = ("run", "connection", "job", "mode", "extent", "asked at", "asked by", "state", "result")


def main(argv: list[str]) -> int:
    """Run `bridge runs` and return the exit code."""
    arguments = _parser().parse_args(argv)
    settings = read_settings()
    wait_for_schema(settings, 0)
    database = open_database(settings)
    run: Callable[[Database, argparse.Namespace], int] = arguments.run
    try:
        return run(database, arguments)
    finally:
        database.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bridge runs", description="The runs, and their plans.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="list runs, the newest first")
    listing.add_argument(
        "--limit", type=_number, default=_LIMIT, metavar="N", help=f"at most N; default: {_LIMIT}"
    )
    listing.add_argument("--connection", metavar="NAME", help="only of this connection")
    listing.set_defaults(run=_list)
    show = commands.add_parser("show", help="show a run: its plan and what became of it")
    show.set_defaults(run=_show)
    cancel = commands.add_parser("cancel", help="ask a run to stop")
    cancel.set_defaults(run=_cancel)
    for command in (show, cancel):
        command.add_argument("id", type=_number, metavar="ID", help="the run's number")
    for command in (listing, show):
        command.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def _number(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError("a whole number from 1 is wanted")
    return int(text)


def _list(database: Database, arguments: argparse.Namespace) -> int:
    with database.transaction() as tx:
        if arguments.connection is not None:
            load_connection(tx, arguments.connection)
        runs = newest_runs(tx, count=arguments.limit, connection=arguments.connection)
    if arguments.json:
        print_json([run_as_json(run) for run in runs])
        return 0
    if not runs:
        print_line("nothing ran")
        return 0
    rows = [_HEADS, *(_cells(run) for run in runs)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print_line("  ".join(cells).rstrip())
    return 0


def _cells(run: RunRecord) -> tuple[str, ...]:
    result = run.reason or ""
    if not result and run.plan_id is not None:
        steps = run.totals.get("steps", 0)
        result = f"{steps} step{'' if steps == 1 else 's'}, plan {run.plan_state}"
    return (
        str(run.id),
        run.connection_name,
        run.job,
        run.mode,
        run.extent or "-",
        f"{run.asked_at:%Y-%m-%d %H:%M}",
        shown(run.asked_by),
        run.state,
        shown(result or "-"),
    )


def _show(database: Database, arguments: argparse.Namespace) -> int:
    with database.transaction() as tx:
        run = find_run(tx, arguments.id)
    terminal = Terminal(database, run.connection_id, is_json=arguments.json)
    if not arguments.json:
        words = ", ".join(filter(None, (run.mode, run.extent)))
        about = f" ({', '.join(map(shown, run.only))} alone)" if run.only else ""
        print_line(f"{run.job} of {run.connection_name}, {words}{about}: {run.state}")
    terminal.conclude(RunEnd(record=run), tell_differences=False)
    return 0


def _cancel(database: Database, arguments: argparse.Namespace) -> int:
    with database.transaction() as tx:
        run = find_run(tx, arguments.id)
        if run.state == "waiting" and run.plan_id is not None:
            discard_plan(tx, find_plan(tx, run.plan_id), by=user_name(None))
            is_held = False
        else:
            is_held = ask_cancel(tx, run.connection_id, run.id)
    if run.state == "waiting":
        print_line(f"run {run.id} is cancelled, and plan {run.plan_id} discarded")
    elif not run.is_open:
        print_line(f"run {run.id} has ended already: {run.state}")
    elif is_held:
        print_line(f"run {run.id} stops after the call that is under way")
    else:
        print_line(f"run {run.id} ends as cancelled when a worker, or `bridge reconcile`, takes it")
    return 0
