"""`bridge db`: the commands for the database itself."""

from __future__ import annotations

import argparse

from bridge.db.migrate import migrate
from bridge.settings import read_settings


def main(argv: list[str]) -> int:
    """Run `bridge db` and return the exit code."""
    parser = argparse.ArgumentParser(prog="bridge db", description="The database.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    commands.add_parser("migrate", help="apply the migrations that are missing")
    parser.parse_args(argv)
    versions = migrate(read_settings())
    if versions:
        print(f"applied migrations {', '.join(map(str, versions))}")
    else:
        print("nothing to migrate")
    return 0
