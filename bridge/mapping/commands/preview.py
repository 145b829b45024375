"""`bridge mapping preview`: how many contacts the files would change, and in which fields."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from bridge.connections.store import load_connection
from bridge.db.database import connect
from bridge.edits.foresee import Foreseen, foresee
from bridge.edits.text import effect_as_json, effect_lines
from bridge.errors import ConfigurationError
from bridge.mapping.commands.arguments import (
    DONE,
    add_folder,
    add_json,
    add_target,
    folder_of,
    print_stale,
)
from bridge.mapping.compiled import read_files
from bridge.settings import read_settings

if TYPE_CHECKING:
    import argparse

    from bridge.mapping.commands.arguments import Commands


def add(commands: Commands) -> None:
    """Add the command to those of `bridge mapping`."""
    preview = commands.add_parser("preview", help="count what the files would change")
    add_folder(preview)
    add_target(preview)
    whom = preview.add_mutually_exclusive_group()
    whom.add_argument("--all", action="store_true", help="look at all contacts, as without it")
    whom.add_argument(
        "--record", nargs="+", metavar="WHO", default=[], help="contacts by id or e-mail address"
    )
    preview.add_argument(
        "--show-values", action="store_true", help="name some contacts, with their values"
    )
    add_json(preview)
    preview.set_defaults(run=_preview)


def progress(looked: int) -> None:
    """Show on a terminal how many contacts were looked at."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{looked:,} contacts looked at")
        sys.stderr.flush()


def end_progress() -> None:
    """Take the line away."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _preview(arguments: argparse.Namespace) -> int:
    files = read_files(folder_of(arguments))
    with connect(read_settings()) as connection, connection.transaction():
        target = load_connection(connection, arguments.connection)
        try:
            found = foresee(connection, target, files, meant=arguments.record, told=progress)
        finally:
            end_progress()
    if arguments.record and not found.tally.looked:
        raise ConfigurationError("no contact of the mirror has such an id or address")
    _print(found, arguments)
    return DONE


def _print(found: Foreseen, arguments: argparse.Namespace) -> None:
    if arguments.json:
        told = effect_as_json(found, shows_values=arguments.show_values)
        print(json.dumps(told, ensure_ascii=False))
        return
    for line in effect_lines(found, shows_values=arguments.show_values):
        print(line)
    print_stale(list(found.stale))
