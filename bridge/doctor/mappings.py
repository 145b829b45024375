"""Checks of the mapping files, and of what a connection works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.doctor.findings import Finding
from bridge.errors import MappingError
from bridge.mapping.compiled import digest_of, load_mapping, read_files
from bridge.mapping.versions import active

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from bridge.connections.model import Connection
    from bridge.doctor.findings import State
    from bridge.mapping.model import Mapping


def check_mapping(
    tx: psycopg.Connection, connection: Connection, directory: Path
) -> tuple[Finding, Mapping | None]:
    """Return what holds of a connection's mapping, and the mapping in force."""
    try:
        in_force = active(tx, connection.id)
    except MappingError as error:
        advice = f"correct the files in {directory}, then `bridge mapping activate`"
        return _finding(connection, "failed", str(error), advice), None
    if in_force is None:
        says = "no mapping is active: nothing is delivered"
        return _finding(connection, "failed", says, "`bridge mapping activate`"), None
    says = f"version {in_force.version_id}"
    edited = _edited(connection, directory, in_force.mapping.digest)
    if edited is not None:
        return _finding(connection, "warning", f"{says}, but {edited[0]}", edited[1]), (
            in_force.mapping
        )
    return _finding(connection, "ok", says), in_force.mapping


def _edited(connection: Connection, directory: Path, digest: str) -> tuple[str, str] | None:
    """Return what to say of files that are not those in force."""
    try:
        files = read_files(directory)
        if digest_of(files) == digest:
            return None
        profile = connection.profile or "practifi"
        load_mapping(files, profile=profile, overrides=connection.object_names)
    except MappingError as error:
        return f"the files in {directory} have faults: {error}", "correct them"
    return f"the files in {directory} are others", "`bridge mapping activate` to work with them"


def _finding(connection: Connection, state: State, says: str, advice: str | None = None) -> Finding:
    return Finding(
        subject=connection.name,
        check="mapping",
        state=state,
        says=says,
        advice=advice,
    )
