"""`bridge doctor`: looks at everything the bridge needs and says what to do about each failure."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from bridge.connections.keyring import open_keyring
from bridge.connections.store import list_connections, load_connection
from bridge.db.database import open_database
from bridge.doctor.changes import changes, changes_of_installation
from bridge.doctor.findings import INSTALLATION, Finding, fault, finding
from bridge.doctor.installation import check_installation, check_surroundings, stops
from bridge.doctor.look import look_at
from bridge.doctor.nightly_installation import checks_of, last_checks
from bridge.doctor.old_lists import link_lists
from bridge.doctor.shape import shape_of
from bridge.doctor.store import last_kept
from bridge.doctor.text import change_lines, has_colours, lines, list_lines
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.settings import Settings


def main(argv: list[str]) -> int:
    """Run `bridge doctor` and return the exit code: 0 unless a check failed."""
    parser = argparse.ArgumentParser(
        prog="bridge doctor",
        description="Looks at the installation and at both sides of each connection. Exit code 1 "
        "if a check failed; warnings do not count. While two write, or to the wrong place, it "
        "pauses applying.",
    )
    parser.add_argument("--connection", metavar="NAME", help="only this connection")
    parser.add_argument(
        "--changes",
        action="store_true",
        help="what both sides have changed since the last nightly look, instead of all checks",
    )
    parser.add_argument(
        "--link-lists",
        action="store_true",
        help="give list records that hold an id of the V2 API today's id, and end",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON value")
    arguments = parser.parse_args(argv)
    settings = read_settings()
    if arguments.link_lists:
        return _link_lists(settings, arguments.connection, is_json=arguments.json)
    if arguments.changes:
        return _changes(settings, arguments.connection, is_json=arguments.json)
    findings: list[Finding] = []
    told = _noted(examine(settings, arguments.connection), findings)
    for line in lines(told, colour=has_colours()):
        if not arguments.json:
            print(line, flush=True)
    is_well = all(found.state != "failed" for found in findings)
    if arguments.json:
        checks = [asdict(found) for found in findings]
        print(json.dumps({"ok": is_well, "checks": checks}, indent=2))
    return 0 if is_well else 1


def _noted(found: Iterator[Finding], kept: list[Finding]) -> Iterator[Finding]:
    """Pass findings on as they come, and keep them."""
    for one in found:
        kept.append(one)
        yield one


def examine(settings: Settings, only: str | None = None) -> Iterator[Finding]:
    """Yield what holds of the installation, then of each connection.

    Where the installation itself fails, its connections cannot be looked at.
    """
    has_failed = False
    for found in check_installation(settings):
        has_failed |= stops(found)
        yield found
    if has_failed:
        return
    yield from check_surroundings(settings)
    keyring, database = open_keyring(settings), open_database(settings)
    try:
        connections = _connections(database, only)
        if not connections:
            yield finding(INSTALLATION, fault("no_connection", "there is none"))
        for connection in connections:
            yield from look_at(connection, database, keyring, settings).findings
    finally:
        database.close()


def _link_lists(settings: Settings, only: str | None, *, is_json: bool) -> int:
    """Link what can be linked; the exit code is 1 where Salesforce refused something."""
    keyring, database = open_keyring(settings), open_database(settings)
    try:
        told = [
            one
            for connection in _connections(database, only)
            for one in link_lists(connection, database, keyring, settings)
        ]
    finally:
        database.close()
    if is_json:
        print(json.dumps([asdict(one) for one in told], indent=2))
    else:
        for line in list_lines(told):
            print(line)
    return 1 if any(one.refused for one in told) else 0


def _changes(settings: Settings, only: str | None, *, is_json: bool) -> int:
    """Tell what has changed since the last look that is kept."""
    keyring, database = open_keyring(settings), open_database(settings)
    try:
        told = [] if only else [_changes_of_installation(database, settings)]
        told += [
            _changes_of(connection, database, keyring, settings)
            for connection in _connections(database, only)
        ]
    finally:
        database.close()
    if is_json:
        print(json.dumps(told, indent=2))
    else:
        for one in told:
            for line in change_lines(one):
                print(line)
    return 0


def _changes_of_installation(database: Database, settings: Settings) -> dict[str, object]:
    with database.transaction() as tx:
        kept = last_checks(tx)
    findings = [*check_installation(settings), *check_surroundings(settings)]
    found = changes_of_installation(kept.checks if kept else {}, checks_of(findings))
    return {
        "connection": INSTALLATION,
        "since": None if kept is None else kept.taken_at,
        "seen": True,
        "changes": [asdict(one) for one in found],
    }


def _changes_of(
    connection: Connection, database: Database, keyring: KeyRing, settings: Settings
) -> dict[str, object]:
    with database.transaction() as tx:
        kept = last_kept(tx, connection.id)
    now = shape_of(look_at(connection, database, keyring, settings).facts)
    found = [] if kept is None or now is None else changes(kept.shape, now)
    return {
        "connection": connection.name,
        "since": None if kept is None else kept.taken_at.isoformat(timespec="seconds"),
        "seen": now is not None,
        "changes": [asdict(one) for one in found],
    }


def _connections(database: Database, only: str | None) -> Sequence[Connection]:
    with database.transaction() as tx:
        return list_connections(tx) if only is None else [load_connection(tx, only)]
