"""`bridge mapping check`: tell every fault of all mapping files at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bridge.connections.store import DEFAULT, load_connection
from bridge.db.database import connect
from bridge.errors import MappingError
from bridge.mapping.commands.arguments import (
    DONE,
    FAULTY,
    add_connection,
    add_folder,
    add_json,
    add_profile,
    folder_of,
    load_for,
    print_stale,
)
from bridge.mapping.compiled import read_files, refuse_failing
from bridge.mapping.told import as_annotation, as_json
from bridge.salesforce.deploy.definitions import to_deploy_again
from bridge.settings import read_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping as MappingOf
    from pathlib import Path

    from bridge.mapping.commands.arguments import Commands
    from bridge.mapping.model import Mapping


def add(commands: Commands) -> None:
    """Add the command to those of `bridge mapping`."""
    check = commands.add_parser("check", help="check all mapping files of a folder")
    add_folder(check)
    add_profile(check)
    add_connection(check, "by its names, and against what is deployed there")
    output = check.add_mutually_exclusive_group()
    add_json(output)
    output.add_argument(
        "--format",
        choices=("text", "json", "github"),
        default="text",
        help="`github`: as annotations of a pull request",
    )
    check.add_argument(
        "--live",
        action="store_true",
        help="against both sides as they are now; exit code 2: faults, 5: one is not reached",
    )
    check.set_defaults(run=_check)


def _check(arguments: argparse.Namespace) -> int:
    folder = folder_of(arguments)
    form = "json" if arguments.json else arguments.format
    try:
        files = read_files(folder)
        profile, mapping = load_for(arguments, files)
        refuse_failing(mapping, files)
        if arguments.live:
            return _beside_both(arguments.connection or DEFAULT, files, folder, form)
    except MappingError as error:
        if form == "text":
            raise
        if form == "json":
            faults = [as_json(fault) for fault in error.details]
            print(json.dumps({"ok": False, "faults": faults}, ensure_ascii=False))
        else:
            print("\n".join(as_annotation(fault, str(folder)) for fault in error.details))
        return FAULTY
    stale = _lacking(arguments.connection, mapping)
    if form == "json":
        told = {
            "ok": True,
            "faults": [],
            "digest": mapping.digest,
            "tests": len(mapping.examples),
            "to_deploy": stale,
            "take_part": mapping.contact.take_part,
        }
        print(json.dumps(told))
        return DONE
    tests = f"; {len(mapping.examples)} tests pass" if mapping.examples else ""
    print(f"{folder}: no faults, for profile {profile}{tests}")
    if arguments.connection is not None:
        print(f"take_part: {mapping.contact.take_part}")
    print_stale(stale)
    return DONE


def _beside_both(name: str, files: MappingOf[str, str], folder: Path, form: str) -> int:
    # Editors call this command at each save: clients are loaded where they are needed.
    from bridge.mapping.commands.live import compared, show  # noqa: PLC0415

    return show(compared(name, files), files, folder, form)


def _lacking(name: str | None, mapping: Mapping) -> list[str]:
    """Return what a connection lacks of the fields that a mapping reads."""
    if name is None:
        return []
    with connect(read_settings()) as connection, connection.transaction():
        target = load_connection(connection, name)
        return to_deploy_again(connection, target.id, mapping)
