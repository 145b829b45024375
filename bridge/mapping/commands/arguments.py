"""What several commands of `bridge mapping` ask for."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from bridge.connections.store import load_connection
from bridge.db.database import connect
from bridge.mapping.compiled import load_mapping
from bridge.mapping.profiles import PROFILES
from bridge.settings import read_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping as MappingOf

    from bridge.mapping.model import Mapping

    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001

DONE, FAILED, FAULTY = 0, 1, 2
"""Exit codes: done; a record or a test fails; the files have faults."""


def add_folder(parser: argparse.ArgumentParser) -> None:
    """Let a command take the folder of the mapping files."""
    parser.add_argument(
        "folder", nargs="?", type=Path, metavar="DIR", help="default: BRIDGE_MAPPINGS, `mappings/`"
    )


def add_profile(parser: argparse.ArgumentParser) -> None:
    """Let a command take the profile whose names count."""
    parser.add_argument(
        "--profile", choices=PROFILES, default=PROFILES[0], help=f"default: {PROFILES[0]}"
    )


def add_target(parser: argparse.ArgumentParser) -> None:
    """Let a command take the connection that is meant."""
    parser.add_argument(
        "--connection", default="default", metavar="NAME", help="default: `default`"
    )


def add_connection(parser: argparse.ArgumentParser, help_text: str) -> None:
    """Let a command take the connection whose profile and names count."""
    parser.add_argument("--connection", metavar="NAME", help=help_text)


def add_json(parser: argparse._ActionsContainer) -> None:
    """Let a command print one JSON value instead of text."""
    parser.add_argument("--json", action="store_true", help="print one JSON value")


def folder_of(arguments: argparse.Namespace) -> Path:
    """Return the folder that is meant."""
    folder: Path = arguments.folder or read_settings().mappings
    return folder


def load_for(arguments: argparse.Namespace, files: MappingOf[str, str]) -> tuple[str, Mapping]:
    """Return the profile that is meant, and what the files become by it.

    Raises:
        MappingError: If the files have faults.
        ConfigurationError: If there is no such connection.
    """
    profile, overrides = arguments.profile, {}
    if arguments.connection is not None:
        with connect(read_settings()) as connection, connection.transaction():
            target = load_connection(connection, arguments.connection)
        profile, overrides = target.profile or PROFILES[0], target.particulars
    return profile, load_mapping(files, profile=profile, overrides=overrides)


def print_stale(sentences: list[str]) -> None:
    """Tell what has to be deployed to Salesforce again, if anything."""
    for sentence in sentences:
        print(sentence)
    if sentences:
        print("-> `bridge salesforce deploy`: until then these fields are read one by one")


def user() -> str:
    """Return who gives this command, for the record."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in containers
        return "command line"
