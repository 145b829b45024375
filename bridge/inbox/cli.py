"""`bridge inbox`: what listed, what became of it and why; replay it."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from importlib import import_module
from typing import TYPE_CHECKING, Any

from bridge.db.database import connect
from bridge.db.migrate import wait_for_schema
from bridge.inbox.listing import STATES, find_notification, newest
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bridge.inbox.listing import Listed
    from bridge.settings import Settings

_REPLAY = "bridge.inbox.replay"  # knows the broker: loaded only to replay, listing stays quick
_COLUMNS = ("received_at", "connection", "notification_id", "object", "record_id", "state")


def main(argv: list[str]) -> int:
    """Run `bridge inbox` and return the exit code."""
    arguments = _parser().parse_args(argv)
    settings = read_settings()
    wait_for_schema(settings, deadline_s=0)
    if arguments.command == "list":
        with connect(settings) as tx:
            listed = newest(
                tx, count=arguments.limit, state=arguments.state, connection=arguments.connection
            )
        if arguments.json:
            _print_json([_as_json(one) for one in listed])
        else:
            _print_list(listed)
        return 0
    one = (
        _replay(settings, arguments)
        if arguments.command == "replay"
        else _find(settings, arguments)
    )
    if arguments.json:
        _print_json(_as_json(one))
    elif arguments.command == "replay":
        print(f"{one.notification_id} of {one.connection} is received again")
    else:
        _print_one(one)
    return 0


def _find(settings: Settings, arguments: argparse.Namespace) -> Listed:
    with connect(settings) as tx:
        return find_notification(tx, arguments.id, connection=arguments.connection)


def _replay(settings: Settings, arguments: argparse.Namespace) -> Listed:
    replay: Callable[..., Listed] = import_module(_REPLAY).replay
    return replay(settings, arguments.id, connection=arguments.connection)


def _print_list(listed: Sequence[Listed]) -> None:
    rows = [[_text(getattr(one, column)) for column in _COLUMNS] for one in listed]
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)]
    for row, one in zip([list(_COLUMNS), *rows], [None, *listed], strict=True):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join([*cells, one.reason or "" if one else "reason"]).rstrip())


def _print_one(one: Listed) -> None:
    for name, value in _as_json(one).items():
        if name == "fields":
            print("fields:" if value is not None else "fields: no longer kept")
            for field, text in (value or {}).items():
                print(f"  {field}: {'(null)' if text is None else text}")
        elif value is not None:
            print(f"{name}: {value}")


def _as_json(one: Listed) -> dict[str, Any]:
    values = asdict(one)
    del values["connection_id"], values["message_id"], values["ordinal"]
    return {
        name: value.isoformat() if name.endswith("_at") and value is not None else value
        for name, value in values.items()
    }


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False))


def _text(value: Any) -> str:
    if value is None:
        return "-"
    return (
        value.isoformat(sep=" ", timespec="seconds") if hasattr(value, "isoformat") else str(value)
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge inbox", description="What listed, what became of it and why."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="the newest notifications")
    listing.add_argument("--limit", type=_count, default=50, help="how many (default: 50)")
    listing.add_argument("--state", choices=STATES, help="only those in this state")
    show = commands.add_parser("show", help="one notification with its fields")
    again = commands.add_parser("replay", help="work on a notification once more")
    for command in (show, again):
        command.add_argument("id", metavar="ID", help="the notification's id (04l...)")
    for command in (listing, show, again):
        command.add_argument("--connection", metavar="NAME", help="only of this connection")
        command.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return count
