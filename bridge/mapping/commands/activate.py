"""`bridge mapping activate`: make the files of a folder the version in force."""

from __future__ import annotations

import getpass
import json
from typing import TYPE_CHECKING

from bridge.connections.store import load_connection
from bridge.db.database import connect
from bridge.mapping.commands.arguments import DONE, add_folder, add_json, folder_of, print_stale
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate, active
from bridge.salesforce.deploy.definitions import to_deploy_again
from bridge.settings import read_settings

if TYPE_CHECKING:
    import argparse

    from bridge.mapping.commands.arguments import Commands


def add(commands: Commands) -> None:
    """Add the command to those of `bridge mapping`."""
    put = commands.add_parser("activate", help="make the files the active version")
    add_folder(put)
    put.add_argument("--connection", default="default", metavar="NAME", help="default: `default`")
    add_json(put)
    put.set_defaults(run=_activate)


def _activate(arguments: argparse.Namespace) -> int:
    settings = read_settings()
    files = read_files(folder_of(arguments))
    with connect(settings) as connection, connection.transaction():
        target = load_connection(connection, arguments.connection)
        version = activate(connection, target.id, files, by=_user())
        in_force = active(connection, target.id)
        stale = to_deploy_again(connection, target.id, in_force.mapping) if in_force else []
    if arguments.json:
        told = {"connection": target.name, "version": version, "to_deploy": stale}
        print(json.dumps(told))
    else:
        print(f"{target.name}: version {version} is active")
        print_stale(stale)
    return DONE


def _user() -> str:
    """Return who gives this command, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in containers
        return "command line"
