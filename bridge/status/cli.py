"""`bridge status`: how everything stands, on one screen; the exit code says whether it is well."""

from __future__ import annotations

import argparse
import json
from datetime import datetime
from typing import TYPE_CHECKING

import psycopg

from bridge.db.database import connect
from bridge.db.migrate import wait_for_schema
from bridge.settings import read_settings
from bridge.status.alarms import alarms
from bridge.status.gather import read_screen
from bridge.status.text import as_json, lines

if TYPE_CHECKING:
    from bridge.settings import Settings
    from bridge.status.model import Screen


def main(argv: list[str]) -> int:
    """Run `bridge status` and return the exit code: 0 unless an alarm stands."""
    parser = argparse.ArgumentParser(
        prog="bridge status",
        description="Connections, lanes, notifications, API calls, runs. Exit code 1 if an alarm "
        "stands.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args(argv)
    settings = read_settings()
    wait_for_schema(settings, 0)
    screen = _read(settings)
    standing = alarms(screen)
    if arguments.json:
        print(json.dumps(as_json(screen, standing), indent=2, default=_plain))
    else:
        for line in lines(screen, standing):
            print(line.rstrip())
    return 1 if standing else 0


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _read(settings: Settings) -> Screen:
    with connect(settings) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            return read_screen(connection, settings)
