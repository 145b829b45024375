"""`bridge mapping activate`: make the files of a folder the version in force."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bridge.connections.store import load_connection
from bridge.db.database import connect
from bridge.edits.foresee import Foreseen, foresee
from bridge.edits.put_to_work import AtWork, put_to_work, too_much
from bridge.edits.text import effect_as_json, outcome_lines
from bridge.mapping.commands.arguments import (
    DONE,
    add_folder,
    add_json,
    add_target,
    folder_of,
    print_stale,
    user,
)
from bridge.mapping.commands.preview import end_progress, progress
from bridge.mapping.compiled import read_files
from bridge.policies.store import policies_of
from bridge.settings import read_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from bridge.mapping.commands.arguments import Commands
    from bridge.mapping.versions import Origin


def add(commands: Commands) -> None:
    """Add the command to those of `bridge mapping`."""
    put = commands.add_parser("activate", help="make the files the active version")
    add_folder(put)
    add_target(put)
    add_new_only(put)
    add_json(put)
    put.set_defaults(run=_activate)


def add_new_only(parser: argparse.ArgumentParser) -> None:
    """Let a command leave alone whoever is not saved from then on."""
    parser.add_argument(
        "--new-only",
        action="store_true",
        help="leave contacts as they are until their record is saved next",
    )


def put_in_force(
    files: Mapping[str, str], arguments: argparse.Namespace, *, origin: Origin = "files"
) -> int:
    """Put files to work for the connection that is meant, tell how, and return the exit code.

    Raises:
        MappingError: If the files have faults; the version in force stays.
    """
    with connect(read_settings()) as connection, connection.transaction():
        target = load_connection(connection, arguments.connection)
        try:
            foreseen = foresee(connection, target, files, told=progress)
        finally:
            end_progress()
        done = put_to_work(
            connection,
            target,
            files,
            by=user(),
            origin=origin,
            applies_to="new" if arguments.new_only else "all",
            foreseen=foreseen,
        )
        waits = too_much(foreseen, policies_of(connection, target.id))
    _tell(target.name, foreseen, done, waits, is_json=arguments.json)
    return DONE


def _activate(arguments: argparse.Namespace) -> int:
    return put_in_force(read_files(folder_of(arguments)), arguments)


def _tell(name: str, foreseen: Foreseen, done: AtWork, waits: str, *, is_json: bool) -> None:
    if is_json:
        told = {
            "connection": name,
            "version": done.version_id,
            "applies_to": done.applies_to,
            "run": done.run_id,
            "will_wait": waits,
        }
        print(json.dumps(told | effect_as_json(foreseen)))
        return
    for line in outcome_lines(done, name, foreseen, waits=waits):
        print(line)
    print_stale(list(foreseen.stale))
