"""`bridge snapshot`: keep both sides as they are, and see that what was kept is whole."""

from __future__ import annotations

import argparse
from importlib import import_module
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
4 a plan waits for a word, 5 a side is unavailable or the calls of the day are spent"""


_RESTORE = """Fields, names of lists and memberships there, ids and statuses in Practifi. Nobody
who has opted out since, or left a list by their own act, is put back; contacts that came since
stay. What Practifi says otherwise comes back with the next run: set it right there first, or
`bridge pause` until it is."""
_RESTORING = "reconciler.kept.restore_cli"  # knows the jobs: loaded only where needed


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
    restoring = commands.add_parser(
        "restore",
        help="plan to put both sides back as it has them",
        epilog=_RESTORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    restoring.add_argument("folder", type=Path, metavar="DIR", help="the snapshot")
    how = restoring.add_mutually_exclusive_group()
    how.add_argument("--plan", action="store_true", help="only plan; so without this as well")
    how.add_argument("--apply", action="store_true", help="approve the plans and carry them out")
    restoring.add_argument("--by", metavar="NAME", help="who says so; default: the user")
    restoring.add_argument("--connection", metavar="NAME", help="default: that of the snapshot")
    restoring.set_defaults(run=_restore)
    for command in (taking, verifying, restoring):
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


def _restore(arguments: argparse.Namespace) -> int:
    logs.configure("error", "snapshot")
    restore: Callable[[argparse.Namespace], int] = import_module(_RESTORING).restore
    return restore(arguments)


def _print(folder: Path, manifest: Manifest, *, is_json: bool) -> None:
    if is_json:
        print_json({"folder": str(folder), **manifest.as_json()})
        return
    print_line(f"{folder}: {manifest.connection}, {manifest.taken_at:%Y-%m-%d %H:%M} UTC, whole")
    width = max(len(one.name) for one in manifest.files)
    for one in manifest.files:
        print_line(f"  {one.name:{width}}  {one.written.rows:>9,} rows")
