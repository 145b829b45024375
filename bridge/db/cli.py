"""`bridge db`: the commands for the database itself."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bridge.db.migrate import migrate, names_of
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: list[str]) -> int:
    """Run `bridge db` and return the exit code."""
    parser = argparse.ArgumentParser(prog="bridge db", description="The database.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    commands.add_parser("migrate", help="apply the migrations that are missing")
    parser.parse_args(argv)
    print(told(migrate(read_settings())))
    return 0


def told(versions: Sequence[int]) -> str:
    """Return what was migrated, in words.

    >>> told([])
    'nothing to migrate'
    >>> told([1])
    'migrated the database: 0001_clock'
    >>> told([1, 2])
    'migrated the database: 0001_clock to 0002_connections'
    """
    if not versions:
        return "nothing to migrate"
    names = names_of(sorted({min(versions), max(versions)}))
    return f"migrated the database: {' to '.join(names)}"
