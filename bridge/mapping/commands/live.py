"""`bridge mapping check --live`: the files of a folder beside what both sides are now."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from bridge.connections.keyring import open_keyring
from bridge.connections.store import DEFAULT, load_connection
from bridge.db.database import open_database
from bridge.doctor.facts import InForce
from bridge.doctor.live import compare
from bridge.doctor.look import read_facts
from bridge.doctor.text import live_lines
from bridge.errors import MappingError
from bridge.mapping.commands.arguments import DONE, FAULTY, folder_of
from bridge.mapping.compiled import read_files
from bridge.mapping.told import as_json
from bridge.mapping.versions import compiled_as
from bridge.settings import read_settings

if TYPE_CHECKING:
    import argparse

    from bridge.doctor.live import Compared

UNAVAILABLE = 5
"""Exit code: no fault was found, and a side could not be looked at."""


def check_live(arguments: argparse.Namespace) -> int:
    """Compare, print and return the exit code; warnings do not count, as with `bridge doctor`.

    Raises:
        MappingError: If the files have faults in themselves.
        ConfigurationError: If there is no such connection.
    """
    folder = folder_of(arguments)
    try:
        found = _compared(arguments.connection or DEFAULT, read_files(folder))
    except MappingError as error:
        if not arguments.json:
            raise
        faults = [as_json(fault) for fault in error.details]
        print(json.dumps({"ok": False, "faults": faults}, ensure_ascii=False))
        return FAULTY
    if arguments.json:
        told = {"ok": not found.fault_count, "faults": [], "unseen": found.unseen}
        told["live"] = [asdict(one) for one in found.findings]
        print(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for line in live_lines(found.findings):
            print(line)
        print(f"{folder}: {_counted(found)}")
    if found.fault_count:
        return FAULTY
    return UNAVAILABLE if found.unseen else DONE


def _compared(name: str, files: dict[str, str]) -> Compared:
    settings = read_settings()
    keyring, database = open_keyring(settings), open_database(settings)
    try:
        with database.transaction() as tx:
            connection = load_connection(tx, name)
            mapping = compiled_as(tx, connection.id, files)
        typed = InForce(mapping=mapping, files=files)
        return compare(read_facts(connection, database, keyring, settings, instead=typed))
    finally:
        database.close()


def _counted(found: Compared) -> str:
    """Return in a few words how it came out."""
    warnings = sum(one.state == "warning" for one in found.findings)
    words = [_count(found.fault_count, "fault"), _count(warnings, "warning")]
    unseen = f"; not looked at: {' and '.join(found.unseen)}" if found.unseen else ""
    return ", ".join(words) + unseen


def _count(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
