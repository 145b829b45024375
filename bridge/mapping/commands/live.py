"""`bridge mapping check --live`: the files of a folder beside what both sides are now."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from bridge.connections.keyring import open_keyring
from bridge.connections.store import load_connection
from bridge.db.database import open_database
from bridge.doctor.facts import InForce
from bridge.doctor.live import compare
from bridge.doctor.look import read_facts
from bridge.mapping.commands.arguments import DONE, FAULTY
from bridge.mapping.told import FileFault, as_annotation, lines_of, marked
from bridge.mapping.versions import compiled_as
from bridge.mapping.yaml_tree import Place
from bridge.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bridge.doctor.findings import Finding
    from bridge.doctor.live import Compared

UNAVAILABLE = 5
"""Exit code: no fault was found, and a side could not be looked at."""

_STATE = 8


def compared(name: str, files: Mapping[str, str]) -> Compared:
    """Return what comes of comparing sound files with both sides of a connection.

    Raises:
        ConfigurationError: If there is no such connection.
        MappingError: If the files have faults with the names of the connection.
    """
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


def show(found: Compared, files: Mapping[str, str], folder: Path, form: str) -> int:
    """Print what was found and return the exit code; warnings do not count, as with the doctor.

    Args:
        found: What came of it.
        files: Name -> text.
        folder: Where they are.
        form: `text`, `json`, or `github` for annotations of a pull request.
    """
    if form == "json":
        told = {"ok": not found.fault_count, "faults": [], "unseen": found.unseen}
        told["live"] = [asdict(one) for one in found.findings]
        print(json.dumps(told, ensure_ascii=False, indent=2))
    elif form == "github":
        for one in found.findings:
            if one.state != "ok":
                print(_annotation(one, files, folder))
    else:
        for one in found.findings:
            print("\n".join(_lines(one, files)))
        print(f"{folder}: {_counted(found)}")
    if found.fault_count:
        return FAULTY
    return UNAVAILABLE if found.unseen else DONE


def _lines(one: Finding, files: Mapping[str, str]) -> Iterator[str]:
    """Yield a finding for a terminal, below the line of the file that it is about."""
    yield f"{one.state:{_STATE}}{one.place or one.check}: {one.says}"
    fault = _fault(one, files)
    if fault is not None and fault.place is not None:
        line, marks = marked(fault.quoted, fault.place.column, fault.end)
        yield f"{fault.place.line:>{_STATE - 2}} | {line}"
        yield f"{'':{_STATE - 2}} | {marks}"
    if one.advice is not None:
        yield f"{'':{_STATE}}-> {one.advice}"


def _annotation(one: Finding, files: Mapping[str, str], folder: Path) -> str:
    level = "error" if one.state == "failed" else "warning"
    fault = _fault(one, files)
    if fault is None:
        return f"::{level}::{one.check}: {one.says}"
    return as_annotation(fault, str(folder)).replace("::error", f"::{level}", 1)


def _fault(one: Finding, files: Mapping[str, str]) -> FileFault | None:
    """Return a finding as a fault of a file, with what to do; None where it names no line."""
    if not one.place:
        return None
    file, line, column = one.place.rsplit(":", 2)
    says = f"{one.says}: {one.advice}" if one.advice else one.says
    place = Place(int(line), int(column))
    return FileFault(file, place, says, lines_of(files[file])[place.line - 1])


def _counted(found: Compared) -> str:
    """Return in a few words how it came out."""
    warnings = sum(one.state == "warning" for one in found.findings)
    words = [_count(found.fault_count, "fault"), _count(warnings, "warning")]
    unseen = f"; not looked at: {' and '.join(found.unseen)}" if found.unseen else ""
    return ", ".join(words) + unseen


def _count(count: int, what: str) -> str:
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
