"""`bridge mapping docs`: say in sentences what the mapping does, field by field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.connections.store import load_connection
from bridge.db.database import connect
from bridge.edits.find import record_of
from bridge.errors import ConfigurationError
from bridge.identity import is_salesforce_id, salesforce_id
from bridge.mapping.commands.arguments import DONE, add_folder, add_profile, folder_of
from bridge.mapping.compiled import read_files
from bridge.mapping.documentation import Look, documented
from bridge.mapping.documentation_forms import as_html, as_json, as_markdown
from bridge.mapping.profiles import PROFILES
from bridge.mapping.since import rules_since
from bridge.mapping.versions import files_of, version_in_force
from bridge.settings import read_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from bridge.mapping.commands.arguments import Commands

_FORMS = {"md": as_markdown, "html": as_html, "json": as_json}


def add(commands: Commands) -> None:
    """Add the command to those of `bridge mapping`."""
    docs = commands.add_parser("docs", help="say in sentences what the mapping does")
    add_folder(docs)
    add_profile(docs)
    docs.add_argument("--format", choices=_FORMS, default="md", help="default: md")
    docs.add_argument(
        "--connection",
        metavar="NAME",
        help="instead of a folder: what is in force there, by its names, and since when",
    )
    docs.add_argument(
        "--sample",
        metavar="ID",
        help="show the values of this contact, instead of those of the tests in the files",
    )
    docs.set_defaults(run=_docs)


def _docs(arguments: argparse.Namespace) -> int:
    files, look = _in_force(arguments) if arguments.connection else _in_folder(arguments)
    print(_FORMS[arguments.format](documented(files, look)), end="")
    if arguments.format == "json":
        print()
    return DONE


def _in_folder(arguments: argparse.Namespace) -> tuple[Mapping[str, str], Look]:
    if arguments.sample:
        raise ConfigurationError("--sample needs --connection: whose contact is it?")
    profile = arguments.profile
    about = f"Made from the files of a folder, by the names of profile {profile}."
    return read_files(folder_of(arguments)), Look(profile=profile, about=about)


def _in_force(arguments: argparse.Namespace) -> tuple[Mapping[str, str], Look]:
    """Return the text that a connection works with, and what is known of it.

    Raises:
        ConfigurationError: If there is none, or no such contact; or a folder is given as well.
    """
    if arguments.folder:
        raise ConfigurationError("give a folder, or --connection for what is in force: not both")
    with connect(read_settings()) as connection, connection.transaction():
        target = load_connection(connection, arguments.connection)
        version = version_in_force(connection, target.id)
        files = None if version is None else files_of(connection, target.id, version)
        if files is None:
            raise ConfigurationError(
                f"{target.name} has no mapping in force: `bridge mapping activate`"
            )
        since = rules_since(connection, target.id)
        record = None
        if arguments.sample:
            sf_id = arguments.sample
            if is_salesforce_id(sf_id):
                sf_id = salesforce_id(sf_id)
            found = record_of(connection, target.id, "contact", sf_id)
            if found is None:
                raise ConfigurationError(f"{target.name} has no contact {arguments.sample}")
            record = found.fields
    profile = target.profile or PROFILES[0]
    return files, Look(
        profile=profile,
        overrides=target.particulars,
        about=f"What is in force for {target.name}: version {version}, by the names of profile "
        f"{profile}.",
        since=since,
        record=record,
    )
