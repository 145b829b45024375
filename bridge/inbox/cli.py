"""`bridge inbox`: what arrived, what became of it and why; replay it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bridge.connections.store import load_connection
from bridge.db.database import connect
from bridge.db.migrate import wait_for_schema
from bridge.inbox.listing import STATES, find_notification, newest
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.inbox.listing import Listed
    from bridge.settings import Settings

_REPLAY = "bridge.inbox.replay"  # knows the broker: loaded only to replay, listing stays quick
_LIMIT = 50
_COLUMNS = {
    "received_at": "received",
    "connection": "connection",
    "notification_id": "notification",
    "object": "object",
    "record_id": "record",
    "state": "state",
    "reason": "reason",
}
_INTERNAL = frozenset({"connection_id", "message_id", "ordinal"})


def main(argv: list[str]) -> int:
    """Run `bridge inbox` and return the exit code."""
    arguments = _parser().parse_args(argv)
    settings = read_settings()
    wait_for_schema(settings, 0)
    run: Callable[[Settings, argparse.Namespace], None] = arguments.run
    run(settings, arguments)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge inbox", description="What arrived, what became of it and why."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    listing = commands.add_parser("list", help="list notifications, the newest first")
    listing.add_argument(
        "--limit", type=_count, default=_LIMIT, metavar="N", help=f"at most N; default: {_LIMIT}"
    )
    listing.add_argument("--state", choices=STATES, metavar="STATE", help=", ".join(STATES))
    listing.set_defaults(run=_list)
    show = commands.add_parser("show", help="show a notification with its fields")
    show.set_defaults(run=_show)
    replay = commands.add_parser("replay", help="have a notification triaged and delivered again")
    replay.set_defaults(run=_replay)
    for command in (show, replay):
        command.add_argument("id", metavar="ID", help="the notification's id (04l…)")
    for command in (listing, show, replay):
        command.add_argument("--connection", metavar="NAME", help="only of this connection")
        command.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError("a whole number from 1 is wanted")
    return int(text)


def _list(settings: Settings, arguments: argparse.Namespace) -> None:
    with connect(settings) as tx:
        if arguments.connection is not None:
            load_connection(tx, arguments.connection)
        listed = newest(
            tx, count=arguments.limit, state=arguments.state, connection=arguments.connection
        )
    if arguments.json:
        print(json.dumps([_as_json(one) for one in listed], indent=2))
    elif listed:
        _print_table(listed)
    else:
        print("nothing arrived")


def _show(settings: Settings, arguments: argparse.Namespace) -> None:
    with connect(settings) as tx:
        one = find_notification(tx, arguments.id, connection=arguments.connection)
    if arguments.json:
        print(json.dumps(_as_json(one), indent=2))
    else:
        _print_one(one)


def _replay(settings: Settings, arguments: argparse.Namespace) -> None:
    replay: Callable[..., Listed] = import_module(_REPLAY).replay
    one = replay(settings, arguments.id, connection=arguments.connection)
    if arguments.json:
        print(json.dumps(_as_json(one), indent=2))
    else:
        print(f"{_shown(one.notification_id)} of {one.connection} waits for triage again")


def _as_json(one: Listed) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(one).items()
        if name not in _INTERNAL
    }


def _print_table(listed: Sequence[Listed]) -> None:
    rows = [[_shown(getattr(one, name)) for name in _COLUMNS] for one in listed]
    rows.insert(0, list(_COLUMNS.values()))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())


def _print_one(one: Listed) -> None:
    values = asdict(one)
    names = [name for name in values if name not in _INTERNAL | {"fields"}]
    width = max(map(len, names))
    for name in names:
        print(f"{name.replace('_', ' '):{width}}  {_shown(values[name])}")
    if one.fields is None:
        print("fields are not kept")
        return
    print("fields" if one.fields else "no fields")
    width = max(map(len, one.fields), default=0)
    for name, text in one.fields.items():
        print(f"  {name:{width}}  {'(null)' if text is None else _shown(text)}".rstrip())


def _shown(value: object) -> str:
    r"""Return text in which nothing can move a terminal's cursor; `-` for nothing.

    >>> _shown("two\nlines"), _shown(None), _shown(True)
    ('two\\nlines', '-', 'yes')
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in str(value)
    )
