"""`bridge drill`: what a restore of the last backup would bring, and how long it would take."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge import log as logs
from bridge.backups.cli import user_name
from bridge.backups.store import newest_backup
from bridge.db.database import connect
from bridge.db.migrate import wait_for_schema
from bridge.errors import ConfigurationError
from bridge.plans.text import before_after_line, shown, total_line
from bridge.settings import read_settings
from reconciler.drill.drill import rehearse
from reconciler.terminal import FAILED, print_json, print_line, run_as_json

if TYPE_CHECKING:
    from bridge.settings import Settings
    from reconciler.drill.drill import Compared, Drill

_SIGTERM_CODE = 128 + signal.SIGTERM


def main(argv: list[str]) -> int:
    """Run `bridge drill` and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="bridge drill",
        description="Restore the last backup into a server of its own, compare it with both sides, "
        "print how long it took and what differs. Changes nothing and leaves nothing behind.",
        epilog="exit codes: 0 it can be restored and compared, 1 it cannot, 2 configuration, 5 a "
        "service does not answer",
    )
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="another backup")
    parser.add_argument(
        "--in",
        type=Path,
        dest="folder",
        metavar="DIR",
        help="where the copy is meanwhile; default: BRIDGE_DATA_DIR",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args(argv)
    settings = read_settings()
    logs.configure("error", "drill")
    wait_for_schema(settings, 0)
    signal.signal(signal.SIGTERM, _end)
    path = arguments.file or _last(settings)
    drill = rehearse(settings, path, arguments.folder or settings.data_dir, by=user_name())
    code = _code(drill)
    if arguments.json:
        print_json(_as_json(drill, path, code))
    else:
        _tell(drill, path)
    return code


def _end(*_: object) -> None:
    raise SystemExit(_SIGTERM_CODE)


def _last(settings: Settings) -> Path:
    with connect(settings) as tx:
        known = newest_backup(tx)
    if known is None:
        raise ConfigurationError("no backup is known: `bridge backup` makes one")
    path = Path(known.path)
    if not path.exists():
        at = f"{known.taken_at:%Y-%m-%d %H:%M} UTC"
        raise ConfigurationError(f"the backup of {at} is not at {path} any more: give its FILE")
    return path


def _code(drill: Drill) -> int:
    if drill.put_back.missing_keys:
        return FAILED
    return next((each.code for each in drill.compared if each.code), 0)


def _tell(drill: Drill, path: Path) -> None:
    put_back = drill.put_back
    manifest = put_back.manifest
    rows = sum(manifest.tables.values())
    print_line(f"backup of {manifest.taken_at:%Y-%m-%d %H:%M} UTC, {path}")
    print_line(f"restored in {put_back.took_s:.1f} s: {rows:,} rows, each table counted")
    if put_back.missing_keys:
        print_line(f"the key ring lacks key {', '.join(put_back.missing_keys)}: bring it back")
    for each in drill.compared:
        print_line(f"{each.connection}, {each.job}, {each.took_s:.1f} s: {_found(each)}")
        if numbers := before_after_line(each.record.totals.get("before_after", ())):
            print_line(f"  {numbers}.")
    for name in drill.left_out:
        print_line(f"{name}: not compared, for it does not work now or the backup lacks it")
    print_line(
        f"ready after {drill.took_s:.1f} s; what differs is what happened since, or drift. "
        "Nothing was changed."
    )


def _found(each: Compared) -> str:
    record = each.record
    if record.state == "done":
        return total_line(record.totals)
    return shown(record.reason or f"the run is {record.state}")


def _as_json(drill: Drill, path: Path, code: int) -> dict[str, Any]:
    manifest = drill.put_back.manifest
    return {
        "backup": {
            "path": str(path),
            "taken_at": manifest.taken_at.isoformat(),
            "digest": manifest.digest,
            "rows": sum(manifest.tables.values()),
        },
        "restored_in_s": round(drill.put_back.took_s, 3),
        "migrated": list(drill.migrated),
        "missing_keys": list(drill.put_back.missing_keys),
        "compared": [
            {
                "connection": each.connection,
                "job": each.job,
                "took_s": round(each.took_s, 3),
                "totals": dict(each.record.totals),
                "run": run_as_json(each.record),
            }
            for each in drill.compared
        ],
        "left_out": list(drill.left_out),
        "ready_after_s": round(drill.took_s, 3),
        "exit_code": code,
    }
