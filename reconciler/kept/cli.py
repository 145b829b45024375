"""`bridge snapshot`: keep both sides as they are, and see that what was kept is whole."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from bridge import log as logs
from bridge.bootstrap import open_installation
from bridge.connections.secrets import refuse_foreign_ring
from bridge.db.migrate import wait_for_schema
from bridge.settings import read_settings
from reconciler.kept.folders import free_folder
from reconciler.kept.manifest import verify
from reconciler.kept.take import take
from reconciler.meant import connection_meant
from reconciler.terminal import DONE, Terminal, print_json, print_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.kept.manifest import Manifest

_CODES = """exit codes: 0 done, 1 it is damaged or something failed, 2 wrong use or configuration,
5 a side is unavailable or the calls of the day are spent"""


def main(argv: list[str]) -> int:
    """Run `bridge snapshot` and return the exit code."""
    arguments = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = arguments.run
    return run(arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bridge snapshot",
        description="Both sides as they are, in files; and the way back to them.",
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    taking = commands.add_parser("take", help="write both sides to a new folder")
    taking.add_argument("--to", type=Path, metavar="DIR", help="default: in the data folder")
    taking.add_argument("--connection", metavar="NAME", help="the connection, if there are several")
    taking.set_defaults(run=_take)
    verifying = commands.add_parser("verify", help="read all of it and compare with its manifest")
    verifying.add_argument("folder", type=Path, metavar="DIR", help="the snapshot")
    verifying.set_defaults(run=_verify)
    for command in (taking, verifying):
        command.add_argument("--json", action="store_true", help="print one JSON value")
    return parser


def _take(arguments: argparse.Namespace) -> int:
    settings = read_settings()
    logs.configure("error", "snapshot")
    wait_for_schema(settings, 0)
    installation = open_installation(settings)
    try:
        with installation.database.transaction() as tx:
            refuse_foreign_ring(tx, installation.keyring)
        connection = connection_meant(installation, arguments.connection)
        folder = arguments.to or free_folder(installation, connection)
        terminal = Terminal(installation.database, connection.id, is_json=arguments.json)
        manifest = take(installation, connection, folder, terminal)
        terminal.note(f"{manifest.calls:,} calls to Constant Contact")
    finally:
        installation.broker.close()
        installation.database.close()
    _print(folder, manifest, is_json=arguments.json)
    return DONE


def _verify(arguments: argparse.Namespace) -> int:
    _print(arguments.folder, verify(arguments.folder), is_json=arguments.json)
    return DONE


def _print(folder: Path, manifest: Manifest, *, is_json: bool) -> None:
    if is_json:
        print_json({"folder": str(folder), **manifest.as_json()})
        return
    print_line(f"{folder}: {manifest.connection}, {manifest.taken_at:%Y-%m-%d %H:%M} UTC, whole")
    width = max(len(one.name) for one in manifest.files)
    for one in manifest.files:
        print_line(f"  {one.name:{width}}  {one.written.rows:>9,} rows")
