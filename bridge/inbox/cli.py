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
from bridge.errors import ConfigurationError
from bridge.inbox.causes import list_causes
from bridge.inbox.listing import STATES, find_notification, newest
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bridge.inbox.causes import Cause
    from bridge.inbox.listing import Listed
    from bridge.settings import Settings

_REPLAY = "bridge.inbox.replay"  # knows the broker: loaded only to replay, listing stays quick
_REPLAY_CAUSE = "bridge.inbox.replay_cli"
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
_CAUSE_COLUMNS = {
    "notifications": "letters",
    "people": "people",
    "since": "since",
    "connection": "connection",
    "cause": "cause",
    "reason": "reason",
}
_INTERNAL = frozenset({"connection_id", "message_id", "ordinal"})


def main(argv: list[str]) -> int:
    """Run `bridge inbox` and return the exit code."""
    arguments = _parser().parse_args(argv)
    settings = read_settings()
    wait_for_schema(settings, 0)
    run: Callable[[Settings, argparse.Namespace], int | None] = arguments.run
    return run(settings, arguments) or 0


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
    show.add_argument("id", metavar="ID", help="the notification's id (04l…)")
    causes = commands.add_parser("causes", help="dead letters by what one act can mend")
    causes.set_defaults(run=_causes)
    replay = commands.add_parser(
        "replay",
        help="have notifications triaged and delivered again",
        description="One notification, or all dead letters of a cause. What is decided is decided "
        "on the records as they are now; a replay is never an untick.",
    )
    _add_replay_arguments(replay)
    for command in (listing, show, causes, replay):
        command.add_argument("--connection", metavar="NAME", help="only of this connection")
        command.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def _add_replay_arguments(replay: argparse.ArgumentParser) -> None:
    which = replay.add_mutually_exclusive_group(required=True)
    which.add_argument("id", metavar="ID", nargs="?", help="the notification's id (04l…)")
    which.add_argument(
        "--cause",
        metavar="CAUSE",
        help="all dead letters of a cause: its id, or a part of that or of the reason",
    )
    replay.add_argument(
        "--limit", type=_count, metavar="N", help="at most N of the cause, the oldest first"
    )
    replay.add_argument(
        "--try-one", action="store_true", help="only the oldest of the cause; say how it ended"
    )
    modes = replay.add_mutually_exclusive_group()
    modes.add_argument(
        "--with-todays-mapping",
        dest="mode",
        action="store_const",
        const="todays_mapping",
        help="decide as things are now (default)",
    )
    modes.add_argument(
        "--as-accepted",
        dest="mode",
        action="store_const",
        const="as_accepted",
        help="the message's own values, by the mapping of its acceptance",
    )
    replay.set_defaults(run=_replay, mode="todays_mapping")


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
        _print_table(listed, _COLUMNS)
    else:
        print("nothing arrived")


def _show(settings: Settings, arguments: argparse.Namespace) -> None:
    with connect(settings) as tx:
        one = find_notification(tx, arguments.id, connection=arguments.connection)
    if arguments.json:
        print(json.dumps(_as_json(one), indent=2))
    else:
        _print_one(one)


def _causes(settings: Settings, arguments: argparse.Namespace) -> None:
    with connect(settings) as tx:
        if arguments.connection is not None:
            load_connection(tx, arguments.connection)
        causes = list_causes(tx, connection=arguments.connection)
    if arguments.json:
        print(json.dumps([_as_json(one) for one in causes], indent=2))
    elif causes:
        _print_table(causes, _CAUSE_COLUMNS)
    else:
        print("no dead letters")


def _replay(settings: Settings, arguments: argparse.Namespace) -> int | None:
    if arguments.cause is not None:
        code: int = import_module(_REPLAY_CAUSE).run(settings, arguments)
        return code
    if arguments.limit is not None or arguments.try_one:
        raise ConfigurationError("--limit and --try-one go with --cause")
    replay: Callable[..., Listed] = import_module(_REPLAY).replay
    one = replay(settings, arguments.id, connection=arguments.connection, mode=arguments.mode)
    if arguments.json:
        print(json.dumps(_as_json(one), indent=2))
    else:
        print(f"{_shown(one.notification_id)} of {one.connection} waits for triage again")
    return None


def _as_json(one: Listed | Cause) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in asdict(one).items()
        if name not in _INTERNAL
    }


def _print_table(listed: Sequence[Listed | Cause], columns: Mapping[str, str]) -> None:
    rows = [[_shown(getattr(one, name)) for name in columns] for one in listed]
    rows.insert(0, list(columns.values()))
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
