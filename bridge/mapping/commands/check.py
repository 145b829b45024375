"""`bridge mapping check`: tell every fault of all mapping files at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bridge.connections.store import load_connection
from bridge.db.database import connect
from bridge.errors import MappingError
from bridge.mapping.commands.arguments import (
    DONE,
    FAULTY,
    add_folder,
    add_json,
    add_profile,
    folder_of,
    print_stale,
)
from bridge.mapping.commands.live import check_live
from bridge.mapping.compiled import load_mapping, read_files
from bridge.mapping.profiles import PROFILES
from bridge.salesforce.deploy.definitions import to_deploy_again
from bridge.settings import read_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping as MappingOf

    from bridge.mapping.commands.arguments import Commands
    from bridge.mapping.model import Mapping


def add(commands: Commands) -> None:
    """Add the command to those of `bridge mapping`."""
    check = commands.add_parser("check", help="check all mapping files of a folder")
    add_folder(check)
    add_profile(check)
    check.add_argument(
        "--connection", metavar="NAME", help="by its names, and against what is deployed there"
    )
    check.add_argument(
        "--live",
        action="store_true",
        help="against both sides as they are now; exit code 2: faults, 5: one is not reached",
    )
    add_json(check)
    check.set_defaults(run=_check)


def _check(arguments: argparse.Namespace) -> int:
    if arguments.live:
        return check_live(arguments)
    folder = folder_of(arguments)
    try:
        files = read_files(folder)
        if arguments.connection is None:
            profile = arguments.profile
            stale: list[str] = []
            mapping = load_mapping(files, profile=profile, overrides={})
        else:
            profile, mapping, stale = _against(arguments.connection, files)
    except MappingError as error:
        if arguments.json:
            print(json.dumps({"ok": False, "faults": error.faults}, ensure_ascii=False))
            return FAULTY
        raise
    if arguments.json:
        told = {"ok": True, "faults": [], "digest": mapping.digest, "to_deploy": stale}
        told["take_part"] = mapping.contact.take_part
        print(json.dumps(told))
    else:
        print(f"{folder}: no faults, for profile {profile}")
        if arguments.connection is not None:
            print(f"take_part: {mapping.contact.take_part}")
        print_stale(stale)
    return DONE


def _against(name: str, files: MappingOf[str, str]) -> tuple[str, Mapping, list[str]]:
    """Return a connection's profile, the mapping by its names, and what it lacks there."""
    with connect(read_settings()) as connection, connection.transaction():
        target = load_connection(connection, name)
        profile = target.profile or PROFILES[0]
        mapping = load_mapping(files, profile=profile, overrides=target.particulars)
        return profile, mapping, to_deploy_again(connection, target.id, mapping)
