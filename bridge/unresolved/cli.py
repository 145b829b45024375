"""`bridge unresolved`: what no rule settles, and a person's choice where there is one."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bridge.connections.command import database_of, meant
from bridge.consent.who import user_name
from bridge.settings import read_settings
from bridge.unresolved.choose import choose, read_open, undo

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.db.database import Database
    from bridge.settings import Settings
    from bridge.unresolved.choose import Row

_WAKE = "bridge.wakeups.once"  # knows the broker: loaded only where something goes on


def main(argv: list[str]) -> int:
    """Run `bridge unresolved` and return the exit code."""
    arguments = _parser().parse_args(argv)
    settings = read_settings()
    run: Callable[[Settings, Database, argparse.Namespace], None] = arguments.run
    with database_of(settings) as database:
        run(settings, database, arguments)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge unresolved",
        description="What no rule settles: runs find it, and clear it when its cause is gone.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    show = commands.add_parser("list", help="list what waits for a person, the oldest first")
    show.add_argument("--json", action="store_true", help="print one JSON value")
    show.set_defaults(run=_list)
    pick = commands.add_parser("choose", help="say whose fields are sent to a shared address")
    pick.add_argument("id", type=int, metavar="ID", help="as `list` shows it")
    pick.add_argument("contact", metavar="CONTACT", help="the contact's Salesforce id")
    pick.set_defaults(run=_choose)
    back = commands.add_parser("undo", help="take a choice back")
    back.add_argument("id", type=int, metavar="ID", help="the number that was chosen for")
    back.set_defaults(run=_undo)
    for command in (show, pick, back):
        command.add_argument("--connection", metavar="NAME", help="only of this connection")
    for command in (pick, back):
        command.add_argument("--by", metavar="NAME", help="who says so; default: the user")
    return parser


def _list(_settings: Settings, database: Database, arguments: argparse.Namespace) -> None:
    with database.transaction() as tx:
        meant(tx, arguments.connection)  # a name that is none is told
        found = read_open(tx, arguments.connection)
    if arguments.json:
        print(json.dumps([_as_json(row) for row in found], indent=2))
        return
    for row in found:
        _print(row)
    if not found:
        print("nothing is unresolved")


def _choose(settings: Settings, database: Database, arguments: argparse.Namespace) -> None:
    by = user_name(arguments.by)
    with database.transaction() as tx:
        choose(tx, arguments.id, arguments.contact, by=by, connection=arguments.connection)
    _wake(settings, database)
    print(f"{arguments.contact} is chosen, for as long as they have the address")


def _undo(settings: Settings, database: Database, arguments: argparse.Namespace) -> None:
    by = user_name(arguments.by)
    with database.transaction() as tx:
        undo(tx, arguments.id, by=by, connection=arguments.connection)
    _wake(settings, database)
    print(f"nobody is chosen for {arguments.id} any more")


def _wake(settings: Settings, database: Database) -> None:
    wake: Callable[[Settings, Database], None] = import_module(_WAKE).wake_delivery
    wake(settings, database)


def _as_json(row: Row) -> dict[str, Any]:
    found = asdict(row) | {"found_at": row.found_at.isoformat(timespec="seconds")}
    return found | {"says": row.says, "what_to_do": row.what_to_do}


def _print(row: Row) -> None:
    since = f"since {row.found_at:%Y-%m-%d %H:%M} UTC"
    print(f"{row.id}  {row.connection}  {row.about}  {row.says}  {since}")
    for candidate in row.candidates:
        print(f"    {'  '.join(candidate.values())}")
    print(f"    {row.what_to_do}")
