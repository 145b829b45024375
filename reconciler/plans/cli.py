"""`bridge plan`: what runs have planned; approve it whole or in part, discard, export, undo it."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from bridge import log as logs
from bridge.connections.store import load_connection
from bridge.consent.who import user_name
from bridge.db.database import open_database
from bridge.db.migrate import wait_for_schema
from bridge.errors import ConfigurationError
from bridge.plans.choose import Choice
from bridge.plans.export import schema_text
from bridge.plans.model import SIGNS
from bridge.plans.store import discard_plan, find_plan, names_of, newest_plans
from bridge.settings import read_settings
from reconciler.plans import showing
from reconciler.terminal import print_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.db.database import Database
    from bridge.plans.model import PlanRecord
    from bridge.settings import Settings
    from reconciler.plans.undoing import Undone

_APPROVING = "reconciler.plans.approving"  # knows the broker and both services
_UNDOING = "reconciler.plans.undoing"  # knows the mapping: both are loaded only where needed
_LIMIT = 20
_STATES = ("waiting", "approved", "applying", "done", "discarded")
_STEP_STATES = ("planned", "sending", "sent", "confirmed", "skipped", "refused", "failed")
_CODES = """exit codes: 0 done, 1 failed, 2 wrong use, or it does not wait, 5 the other side is
unavailable, 6 some steps were refused because something changed since, 130 interrupted"""


_UNDO = """Nobody who opted out, or left a list by their own act, is put back, and no permission is
changed. What Practifi still asks for comes back with the next run: set it right there first."""


def main(argv: list[str]) -> int:
    """Run `bridge plan` and return the exit code."""
    arguments = _parser().parse_args(argv)
    settings = read_settings()
    logs.configure("error", "plan")
    wait_for_schema(settings, 0)
    run: Callable[[Settings, argparse.Namespace], int] = arguments.run
    return run(settings, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge plan", description="Plans of runs, and the decisions that people take on them."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="list plans, the newest first")
    listing.add_argument("--limit", type=_number, default=_LIMIT, metavar="N", help="at most N")
    listing.add_argument("--state", choices=_STATES, metavar="STATE", help=", ".join(_STATES))
    listing.add_argument("--connection", metavar="NAME", help="only of this connection")
    listing.set_defaults(run=_list)
    show = commands.add_parser("show", help="show a plan and what became of it")
    show.add_argument("--against", type=_number, metavar="ID", help="show what an older plan said")
    show.set_defaults(run=_show)
    approve = commands.add_parser(
        "approve",
        help="carry out exactly what it says, or a part of it",
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    approve.add_argument(
        "--without-removals", action="store_true", help="leave out who would lose a list"
    )
    approve.add_argument("--detach", action="store_true", help="leave it to a worker")
    approve.set_defaults(run=_approve)
    discard = commands.add_parser("discard", help="give a plan up that waits")
    discard.set_defaults(run=_discard)
    export = commands.add_parser("export", help="print it as one JSON document")
    export.add_argument(
        "--schema", action="store_true", help="print the JSON Schema of the document instead"
    )
    export.set_defaults(run=_export)
    undo = commands.add_parser(
        "undo", help="plan to take back what it has added and removed", epilog=_UNDO
    )
    undo.set_defaults(run=_undo)
    for command in (show, approve, discard, undo):
        command.add_argument("id", type=_number, metavar="ID", help="the plan's number")
    export.add_argument("id", nargs="?", type=_number, metavar="ID", help="the plan's number")
    for command in (show, approve, export):
        _add_choice(command)
    for command in (show, export):
        command.add_argument(
            "--state",
            action="append",
            choices=_STEP_STATES,
            metavar="STATE",
            help=", ".join(_STEP_STATES),
        )
    for command in (listing, show, approve, undo):
        command.add_argument("--json", action="store_true", help="print one JSON value")
    for command in (approve, discard, undo):
        command.add_argument("--by", metavar="NAME", help="who says so; default: the user")
    return parser


def _add_choice(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add(
        "--only", action="append", default=[], metavar="contact:ID|list:ID", help="what concerns it"
    )
    add("--step", action="append", type=_number, default=[], metavar="N", help="by its number")
    add("--sign", action="append", choices=SIGNS, default=[], metavar="SIGN", help=", ".join(SIGNS))


def _number(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError("a whole number from 1 is wanted")
    return int(text)


def _list(settings: Settings, arguments: argparse.Namespace) -> int:
    database = open_database(settings, size=2)
    try:
        with database.transaction() as tx:
            if arguments.connection is not None:
                load_connection(tx, arguments.connection)
            found = newest_plans(
                tx, count=arguments.limit, connection=arguments.connection, state=arguments.state
            )
        showing.show_list(found, is_json=arguments.json)
    finally:
        database.close()
    return 0


def _show(settings: Settings, arguments: argparse.Namespace) -> int:
    database = open_database(settings, size=2)
    try:
        plan, choice = _meant(database, arguments)
        if arguments.against is not None:
            with database.transaction() as tx:
                older = find_plan(tx, arguments.against)
            if (older.connection_id, older.job) != (plan.connection_id, plan.job):
                raise ConfigurationError("only plans of one job of one connection are compared")
            showing.show_difference(database, older, plan, choice, is_json=arguments.json)
        elif arguments.json:
            showing.export(database, plan, choice)
        else:
            showing.show_plan(database, plan, choice)
    finally:
        database.close()
    return 0


def _export(settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.schema:
        sys.stdout.write(schema_text())
        return 0
    if arguments.id is None:
        raise ConfigurationError("which plan? `bridge plan list` shows them")
    database = open_database(settings, size=2)
    try:
        showing.export(database, *_meant(database, arguments))
    finally:
        database.close()
    return 0


def _approve(settings: Settings, arguments: argparse.Namespace) -> int:
    approve: Callable[..., int] = import_module(_APPROVING).approve
    return approve(
        settings,
        lambda database: _meant(database, arguments),
        by=user_name(arguments.by),
        is_detached=arguments.detach,
        is_json=arguments.json,
    )


def _discard(settings: Settings, arguments: argparse.Namespace) -> int:
    database = open_database(settings, size=2)
    try:
        with database.transaction() as tx:
            plan = find_plan(tx, arguments.id)
            discard_plan(tx, plan, by=user_name(arguments.by))
    finally:
        database.close()
    print_line(f"plan {plan.id} is discarded")
    return 0


def _undo(settings: Settings, arguments: argparse.Namespace) -> int:
    database = open_database(settings, size=2)
    try:
        with database.transaction() as tx:
            plan = find_plan(tx, arguments.id)
            plan_undo: Callable[..., Undone] = import_module(_UNDOING).plan_undo
            made, left = plan_undo(
                tx, plan, by=user_name(arguments.by), installation_owner=settings.owner
            )
        for reason, count in sorted(left.items()):
            sys.stderr.write(f"{count:,} not put back: {reason}\n")
        if made is None:
            return showing.show_nothing_to_undo(plan, is_json=arguments.json)
        with database.transaction() as tx:
            undoing = find_plan(tx, made)
        if arguments.json:
            showing.export(database, undoing, Choice())
        else:
            showing.show_plan(database, undoing, Choice())
            sys.stderr.write(f"nothing is done before `bridge plan approve {made}`\n")
    finally:
        database.close()
    return 0


def _meant(database: Database, arguments: argparse.Namespace) -> tuple[PlanRecord, Choice]:
    """Return the plan and the part of it that the arguments name."""
    with database.transaction() as tx:
        plan = find_plan(tx, arguments.id)
        contacts, lists = names_of(tx, plan.connection_id, arguments.only)
    return plan, Choice(
        contacts=contacts,
        lists=lists,
        signs=frozenset(arguments.sign),
        states=frozenset(getattr(arguments, "state", None) or ()),
        numbers=frozenset(number - 1 for number in arguments.step),
        without_removals=getattr(arguments, "without_removals", False),
    )
