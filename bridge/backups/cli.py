"""`bridge backup` and `bridge restore`."""

from __future__ import annotations

import argparse
import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.backups.back_up import back_up
from bridge.backups.restore import read_backup, restore
from bridge.db.migrate import read_migrations, wait_for_schema
from bridge.errors import ConfigurationError
from bridge.settings import read_settings

if TYPE_CHECKING:
    from bridge.backups.manifest import Manifest
    from bridge.backups.restore import PutBack

_BACKUP_EPILOG = (
    "The key ring is not in it unless --with-keys: whoever has both can read the stored tokens. "
    "Keep the ring (BRIDGE_KEYS, BRIDGE_KEYS_FILE, or keys in BRIDGE_DATA_DIR) with your other "
    "secrets; without it each connection has to be authorised again."
)
_RESTORE_EPILOG = (
    "What happened after the backup is not known then, so nothing but opt-outs is delivered until "
    "a person has looked at a new plan: `bridge reconcile contacts --plan`, then `bridge resume`."
)


def backup(argv: list[str]) -> int:
    """Run `bridge backup` and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="bridge backup",
        description="Write everything that the bridge knows to one file, while it works, and read "
        "that file again.",
        epilog=_BACKUP_EPILOG,
    )
    parser.add_argument(
        "--to", type=Path, metavar="DIR", help="a folder; default: backups in BRIDGE_DATA_DIR"
    )
    parser.add_argument("--with-keys", action="store_true", help="put the key ring into it")
    parser.add_argument(
        "--keep", type=_count, metavar="N", help="remove older backups of the folder, but for N"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args(argv)
    settings = read_settings()
    wait_for_schema(settings, 0)
    folder = arguments.to or settings.data_dir / "backups"
    made = back_up(
        settings, folder, with_keys=arguments.with_keys, by=user_name(), keep=arguments.keep
    )
    if arguments.json:
        values = _as_json(made.manifest) | {
            "path": str(made.path),
            "bytes": made.bytes,
            "took_s": round(made.took_s, 3),
            "removed": [str(path) for path in made.removed],
        }
        print(json.dumps(values, indent=2))
        return 0
    rows = sum(made.manifest.tables.values())
    print(f"{made.path}  {made.bytes:,} bytes, {rows:,} rows, read again in full")
    for path in made.removed:
        print(f"removed {path}")
    if made.manifest.with_keys:
        print("The key ring is in it: whoever has the file can read the stored tokens.")
    else:
        print(f"The key ring is not in it: keep key {', '.join(made.manifest.key_ids) or '-'} too.")
    if arguments.to is None:
        print("It lies beside the database: copy it to another machine, or give --to.")
    return 0


def put_back(argv: list[str]) -> int:
    """Run `bridge restore` and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="bridge restore",
        description="Put a backup into an empty database, or in the place of what is there.",
        epilog=_RESTORE_EPILOG,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="what `bridge backup` wrote")
    parser.add_argument(
        "--replace", action="store_true", help="what the database holds may go; its logins stay"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args(argv)
    settings = read_settings()
    manifest = read_backup(arguments.file)
    if arguments.replace and not arguments.yes:
        _ask(manifest)
    done = restore(settings, arguments.file, replace=arguments.replace, by=user_name())
    if arguments.json:
        values = _as_json(manifest) | {
            "took_s": round(done.took_s, 3),
            "keeps_logins": done.keeps_logins,
            "missing_keys": list(done.missing_keys),
        }
        print(json.dumps(values, indent=2))
    else:
        _tell(done)
    return 0


def user_name() -> str:
    """Return who has called a command."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _ask(manifest: Manifest) -> None:
    """Let a person confirm that what is there goes.

    Raises:
        ConfigurationError: If they do not, or nobody is there to ask.
    """
    if not sys.stdin.isatty():
        raise ConfigurationError("nobody is here to confirm it: give --yes")
    print(
        f"The database goes back to {manifest.taken_at:%Y-%m-%d %H:%M} UTC; what it holds now is "
        "lost. Type yes to go on: ",
        end="",
        flush=True,
    )
    if sys.stdin.readline().strip() != "yes":
        raise ConfigurationError("nothing was done")


def _tell(done: PutBack) -> None:
    manifest = done.manifest
    rows = sum(manifest.tables.values())
    print(f"restored {rows:,} rows of {manifest.taken_at:%Y-%m-%d %H:%M} UTC, each table counted")
    if done.keeps_logins:
        print("The logins are those of before: they are newer than those of the backup.")
    if done.missing_keys:
        print(f"The key ring lacks key {', '.join(done.missing_keys)}: bring it back, then start.")
    if manifest.schema_version < max(one.version for one in read_migrations()):
        print("Run `bridge db migrate` first: this program is newer than the backup.")
    print("Nothing but opt-outs is delivered. What happened since the backup is not known: start")
    print("the bridge, run `bridge reconcile contacts --plan`, look at its plan, `bridge resume`.")


def _as_json(manifest: Manifest) -> dict[str, Any]:
    return {
        "taken_at": manifest.taken_at.isoformat(),
        "version": manifest.version,
        "schema_version": manifest.schema_version,
        "digest": manifest.digest,
        "rows": sum(manifest.tables.values()),
        "with_keys": manifest.with_keys,
        "key_ids": manifest.key_ids,
    }
