"""Read what the database knows of a connection, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg.rows import class_row

from bridge.clock import now
from bridge.connections.store import read_endpoints
from bridge.db.queries import load_queries
from bridge.doctor.facts import InForce, OldIds, Recorded, Stored, StoredSecret
from bridge.doctor.findings import fault
from bridge.errors import MappingError
from bridge.mapping.compiled import digest_of, load_mapping, read_files
from bridge.mapping.versions import active
from bridge.pauses.store import read_pauses
from bridge.policies.store import policies_of
from bridge.status.alarms import alarms
from bridge.status.gather import read_watched

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    import psycopg

    from bridge.connections.keyring import KeyRing
    from bridge.connections.model import Connection
    from bridge.doctor.findings import Fault
    from bridge.mapping.names import Names
    from bridge.settings import Settings

SQL = load_queries("bridge.doctor")

MOST_LOOKED_UP = 500
"""Ids that one call of Constant Contact's translates."""


def read_stored(
    tx: psycopg.Connection[Any],
    connection: Connection,
    names: Names | None,
    keyring: KeyRing,
    settings: Settings,
) -> Stored:
    """Return what is known here of a connection."""
    screen = read_watched(tx, settings)
    place = {"connection_id": connection.id}
    endpoints = read_endpoints(tx, keyring)
    ((list_count,),) = tx.execute(SQL["count_lists"], place).fetchall()
    return Stored(
        at=now(tx),
        policies=policies_of(tx, connection.id),
        endpoint=next(one for one in endpoints if one.connection_id == connection.id),
        recorded=tuple(
            Recorded(
                action_id=action_id,
                version=version,
                object=name,
                fields=frozenset(fields),
                lane=lane,
            )
            for action_id, version, name, fields, lane in tx.execute(
                SQL["recorded_messages"], place
            )
        ),
        outages=tuple(tx.execute(SQL["outages"], place).fetchall()),
        list_count=list_count,
        secrets=_secrets(tx, connection),
        pauses=tuple(one for one in read_pauses(tx) if one.connection_id == connection.id),
        alarms=tuple(one for one in alarms(screen) if one.connection == connection.name),
        budget=next((one for one in screen.budgets if connection.name in one.connections), None),
        old_ids=() if names is None else _old_ids(tx, connection, names),
    )


def read_in_force(tx: psycopg.Connection[Any], connection: Connection, directory: Path) -> InForce:
    """Return the mapping of a connection, and what is wrong with it."""
    try:
        current = active(tx, connection.id)
    except MappingError as error:
        return InForce(faults=(fault("mapping_faulty", str(error), directory=directory),))
    if current is None:
        says = "no mapping is active: nothing is delivered"
        return InForce(faults=(fault("mapping_none", says),))
    says = f"version {current.version_id}"
    row = tx.execute(SQL["files_in_force"], {"connection_id": connection.id}).fetchone()
    edited = _edited(connection, directory, current.mapping.digest, says)
    return InForce(
        says=says,
        mapping=current.mapping,
        files={} if row is None else row[0],
        faults=() if edited is None else (edited,),
    )


def _edited(connection: Connection, directory: Path, digest: str, version: str) -> Fault | None:
    """Return what to say of files that are not those in force."""
    try:
        files = read_files(directory)
        if digest_of(files) == digest:
            return None
        profile = connection.profile or "practifi"
        load_mapping(files, profile=profile, overrides=connection.particulars)
    except MappingError as error:
        says = f"{version}, but the files in {directory} have faults: {error}"
        return fault("mapping_files_faulty", says)
    return fault("mapping_files_other", f"{version}, but the files in {directory} are others")


def _secrets(tx: psycopg.Connection[Any], connection: Connection) -> tuple[StoredSecret, ...]:
    with tx.cursor(row_factory=class_row(StoredSecret)) as cursor:
        return tuple(cursor.execute(SQL["secrets"], {"connection_id": connection.id}).fetchall())


def _old_ids(
    tx: psycopg.Connection[Any], connection: Connection, names: Names
) -> tuple[OldIds, ...]:
    found = []
    for kind, name in (("contact", names.contact.cc_id), ("list", names.list.cc_id)):
        values = {"connection_id": connection.id, "kind": kind, "name": name}
        values["most"] = MOST_LOOKED_UP
        row = tx.execute(SQL["old_ids"], values).fetchone()
        if row is not None and row[0]:
            found.append(OldIds(kind=kind, count=row[0], numbers=tuple(row[1])))
    return tuple(found)
