"""`bridge mapping history`, `diff` and `restore`: which text was in force when, and going back."""

from __future__ import annotations

import json
from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from bridge.connections.store import load_connection
from bridge.db.database import connect
from bridge.edits.store import changed_files
from bridge.errors import ConfigurationError
from bridge.mapping.commands.activate import add_new_only, put_in_force
from bridge.mapping.commands.arguments import DONE, add_json, add_target, folder_of
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activations, files_of, version_in_force
from bridge.settings import read_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    import psycopg

    from bridge.mapping.commands.arguments import Commands
    from bridge.mapping.versions import Activation

_DIFFERENT = 3
_ORIGINS = {"files": "from files", "console": "from a page", "restore": "restored"}


def add(commands: Commands) -> None:
    """Add the commands to those of `bridge mapping`."""
    history = commands.add_parser("history", help="list which version was in force when")
    add_target(history)
    add_json(history)
    history.set_defaults(run=_history)
    diff = commands.add_parser("diff", help="show the lines in which two texts differ")
    diff.add_argument(
        "version",
        nargs="*",
        type=int,
        metavar="VERSION",
        help="one: beside the version in force; none: that one beside the folder",
    )
    add_target(diff)
    diff.add_argument("--exit-code", action="store_true", help="exit with 3 where they differ")
    diff.set_defaults(run=_diff, folder=None)
    restore = commands.add_parser("restore", help="make an older version the active one")
    restore.add_argument("version", type=int, metavar="VERSION")
    add_target(restore)
    add_new_only(restore)
    add_json(restore)
    restore.set_defaults(run=_restore)


def diff_of(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of a unified diff of mapping files, each with its end."""
    for name in changed_files(before, after):
        old, new = (files.get(name, "").splitlines(keepends=True) for files in (before, after))
        for line in unified_diff(old, new, f"before/{name}", f"after/{name}"):
            yield line if line.endswith("\n") else f"{line}\n"


def _history(arguments: argparse.Namespace) -> int:
    with connect(read_settings()) as connection, connection.transaction():
        target = load_connection(connection, arguments.connection)
        found = activations(connection, target.id)
    if arguments.json:
        print(json.dumps([_as_json(one) for one in found]))
        return DONE
    if not found:
        print(f"{target.name}: no version came into force yet")
    for place, one in enumerate(found):
        origin = _ORIGINS[one.origin]
        notes = ["in force"] if place == 0 and one.is_active else []
        notes += ["new changes only"] if one.applies_to == "new" else []
        print(
            f"{one.version_id:5}  {one.activated_at:%Y-%m-%d %H:%M} UTC  {origin:13}  "
            f"{one.activated_by}{'  (' + ', '.join(notes) + ')' if notes else ''}"
        )
    return DONE


def _diff(arguments: argparse.Namespace) -> int:
    asked = arguments.version
    if len(asked) > 2:  # noqa: PLR2004 -- a diff has two sides
        raise ConfigurationError("at most two versions can be compared")
    with connect(read_settings()) as connection, connection.transaction():
        target = load_connection(connection, arguments.connection)
        in_force = version_in_force(connection, target.id)
        if in_force is None:
            raise ConfigurationError(f"{target.name}: no version came into force yet")
        if len(asked) == 2:  # noqa: PLR2004
            before, after = (_files(connection, target.id, one) for one in asked)
        elif asked:
            before = _files(connection, target.id, asked[0])
            after = _files(connection, target.id, in_force)
        else:
            before = _files(connection, target.id, in_force)
            after = read_files(folder_of(arguments))
    lines = list(diff_of(before, after))
    print("".join(lines), end="")
    return _DIFFERENT if lines and arguments.exit_code else DONE


def _restore(arguments: argparse.Namespace) -> int:
    with connect(read_settings()) as connection, connection.transaction():
        target = load_connection(connection, arguments.connection)
        files = _files(connection, target.id, arguments.version)
    return put_in_force(files, arguments, origin="restore")


def _files(tx: psycopg.Connection[Any], connection_id: int, version_id: int) -> dict[str, str]:
    files = files_of(tx, connection_id, version_id)
    if files is None:
        raise ConfigurationError(f"there is no version {version_id}: see `bridge mapping history`")
    return files


def _as_json(one: Activation) -> dict[str, Any]:
    return {
        "version": one.version_id,
        "activated_at": one.activated_at.isoformat(),
        "activated_by": one.activated_by,
        "origin": one.origin,
        "applies_to": one.applies_to,
        "in_force": one.is_active,
    }
