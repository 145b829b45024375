"""`bridge support-bundle`: one file for whoever helps, without names, addresses and secrets."""

from __future__ import annotations

import argparse
import json
import os
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.clock import now
from bridge.db.database import connect
from bridge.db.migrate import wait_for_schema
from bridge.doctor.cli import examine
from bridge.errors import ConfigurationError
from bridge.settings import read_settings
from bridge.support.gather import log_lines, read_parts, redactor_for

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bridge.settings import Settings

_KEEPER_LINES = 200
_NOBODYS = frozenset({"versions", "settings"})  # hold nothing that anybody has written


def main(argv: list[str]) -> int:
    """Run `bridge support-bundle` and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="bridge support-bundle",
        description="Write versions, settings without their texts, status, doctor, sizes, runs, "
        "plans in number and the latest errors to one file. Names, addresses, telephone numbers "
        "and secrets are replaced; look at it before you send it.",
    )
    parser.add_argument("--to", type=Path, default=Path(), metavar="DIR", help="a folder")
    parser.add_argument(
        "--log", metavar="FILE", help="a log of the bridge, its latest errors go along; -: input"
    )
    parser.add_argument("--no-doctor", action="store_true", help="ask neither service anything")
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args(argv)
    settings = read_settings()
    wait_for_schema(settings, 0)
    findings = [] if arguments.no_doctor else list(examine(settings))
    with connect(settings) as tx:
        parts = read_parts(tx, settings, findings) | _logs(settings, arguments.log)
        redactor = redactor_for(tx, settings, parts)
        told = {
            name: part if name in _NOBODYS else redactor.tree(part) for name, part in parts.items()
        }
        path = _write(arguments.to, now(tx), told)
    if arguments.json:
        print(json.dumps({"path": str(path), "bytes": path.stat().st_size}, indent=2))
    else:
        print(f"{path}  {path.stat().st_size:,} bytes: {', '.join(parts)}")
        print("Names, addresses and secrets were replaced: look at it before you send it.")
    return 0


def _logs(settings: Settings, source: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if source == "-":
        found["log"] = log_lines(sys.stdin)
    elif source is not None:
        try:
            with Path(source).open(encoding="utf-8", errors="replace") as lines:
                found["log"] = log_lines(lines)
        except OSError as error:
            raise ConfigurationError(f"the log {source} cannot be read: {error.strerror}") from None
    keeper = settings.data_dir / "keeper.log"
    if settings.database_url is None and keeper.exists():
        found["postgresql"] = keeper.read_text(errors="replace").splitlines()[-_KEEPER_LINES:]
    return found


def _write(folder: Path, at: datetime, parts: Mapping[str, Any]) -> Path:
    path = folder / f"bridge-support-{at:%Y%m%dT%H%M%SZ}.zip"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with (
            os.fdopen(descriptor, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for name, part in parts.items():
                archive.writestr(f"{name}.json", json.dumps(part, indent=2, ensure_ascii=False))
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
    return path
