"""The stored versions of a connection's mapping: one is active, and a bad one never becomes so."""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from psycopg.rows import class_row, tuple_row
from psycopg.types.json import Jsonb

from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError, MappingError
from bridge.mapping.compiled import digest_of, load_mapping, refuse_failing
from bridge.mapping.older import older_versions
from bridge.mapping.vintages import in_vintages

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingOf
    from datetime import datetime
    from typing import LiteralString

    import psycopg

    from bridge.mapping.model import Mapping

log = logging.getLogger(__name__)

_QUERIES = load_queries("bridge.mapping")
_DEFAULT_PROFILE = "practifi"  # until `describe` has shown which one the organization has
_CACHE_SIZE = 32

Origin: TypeAlias = Literal["files", "console", "restore"]
"""Where a text came from: a folder, by `bridge up` or a command; a page; an older version."""
AppliesTo: TypeAlias = Literal["all", "new"]
"""Whom a version is about: everybody, or only what is saved from then on."""

# Compiled mappings by what they are made of. Compiling twice by a race of two threads does no harm.
_compiled: OrderedDict[tuple[str, str, str], Mapping] = OrderedDict()


@dataclass(frozen=True, kw_only=True)
class ActiveMapping:
    """The mapping that a connection works with.

    Attributes:
        version_id: Counts from 1 within the connection; every step records it.
        mapping: The compiled mapping.
    """

    version_id: int
    mapping: Mapping


@dataclass(frozen=True, kw_only=True, slots=True)
class Activation:
    """A version that came into force."""

    version_id: int
    origin: Origin
    activated_at: datetime
    activated_by: str
    is_active: bool
    applies_to: AppliesTo = "all"


def activate(
    tx: psycopg.Connection[Any],
    connection_id: int,
    files: MappingOf[str, str],
    *,
    by: str,
    origin: Origin = "files",
    applies_to: AppliesTo = "all",
) -> int:
    """Check mapping files, run their tests and make them the active version of a connection.

    The same text is the same version: it comes into force again under its old number.

    Args:
        tx: A connection in a transaction.
        connection_id: Whose mapping it is.
        files: Name -> text.
        by: Who activates it: a user, or `bridge up`.
        origin: Where the text came from.
        applies_to: `new` leaves alone whoever is not saved from now on; the first version is
            about everybody. `all` for the version in force brings up whom it left alone.

    Returns:
        The number of the version.

    Raises:
        MappingError: If the files have faults or a test of theirs fails; the version in force
            stays.
        ConfigurationError: If there is no such connection.
    """
    with tx.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(_QUERIES["connection_names"], {"connection_id": connection_id})
        row = cursor.fetchone()
        if row is None:
            raise ConfigurationError(f"no connection {connection_id}")
        profile, overrides = row
        digest = digest_of(files)
        refuse_failing(
            load_mapping(files, profile=profile or _DEFAULT_PROFILE, overrides=overrides), files
        )
        cursor.execute(_QUERIES["active_digest"], {"connection_id": connection_id})
        in_force = cursor.fetchone()
        values = {"connection_id": connection_id, "digest": digest, "by": by, "origin": origin}
        cursor.execute(_QUERIES["forget_pending"], values)
        values["applies_to"] = "all" if in_force is None else applies_to
        if in_force is not None and in_force[1] == digest:
            _clear_fault(tx, connection_id)
            version_id, leaves_some = int(in_force[0]), bool(in_force[4])
            brings_all = leaves_some and applies_to == "all"
            if brings_all or (origin == "files" and last_from_files(tx, connection_id) != digest):
                values["applies_to"] = "new" if leaves_some and not brings_all else "all"
                cursor.execute(_QUERIES["note_activation"], values | {"version_id": version_id})
            return version_id
        cursor.execute(_QUERIES["deactivate"], values)
        cursor.execute(_QUERIES["activate_again"], values)
        found = cursor.fetchone()
        if found is None:
            cursor.execute(_QUERIES["add_version"], {**values, "files": Jsonb(dict(files))})
            found = cursor.fetchone()
        assert found is not None  # noqa: S101 - the statement returns its row
        cursor.execute(_QUERIES["note_activation"], values | {"version_id": found[0]})
        return int(found[0])


def lock_activations(tx: psycopg.Connection[Any], connection_id: int) -> None:
    """Have activations of a connection take turns: what is in force stays till the commit."""
    tx.execute(_QUERIES["connection_names"], {"connection_id": connection_id})


def last_from_files(tx: psycopg.Connection[Any], connection_id: int) -> str | None:
    """Return the digest of the text that came from files last, whatever is in force now."""
    with tx.cursor(row_factory=tuple_row) as cursor:
        values = {"connection_id": connection_id}
        row = cursor.execute(_QUERIES["last_from_files"], values).fetchone()
    return None if row is None else str(row[0])


def activations(
    tx: psycopg.Connection[Any], connection_id: int, *, count: int = 100
) -> list[Activation]:
    """Return what came into force, the latest first."""
    with tx.cursor(row_factory=class_row(Activation)) as cursor:
        values = {"connection_id": connection_id, "count": count}
        return cursor.execute(_QUERIES["activations"], values).fetchall()


def files_of(
    tx: psycopg.Connection[Any], connection_id: int, version_id: int
) -> dict[str, str] | None:
    """Return the files of a version as they were typed; None where there is no such version."""
    with tx.cursor(row_factory=tuple_row) as cursor:
        values = {"connection_id": connection_id, "id": version_id}
        row = cursor.execute(_QUERIES["version_files"], values).fetchone()
    return None if row is None else dict(row[0])


def version_in_force(tx: psycopg.Connection[Any], connection_id: int) -> int | None:
    """Return the number of the version in force, whether it can be used or not."""
    with tx.cursor(row_factory=tuple_row) as cursor:
        values = {"connection_id": connection_id}
        row = cursor.execute(_QUERIES["active_digest"], values).fetchone()
    return None if row is None else int(row[0])


def compiled_as(
    tx: psycopg.Connection[Any], connection_id: int, files: MappingOf[str, str]
) -> Mapping:
    """Return what files make of a connection's names; nothing is stored.

    Raises:
        MappingError: If the files have faults or a test of theirs fails; it lists every one.
    """
    with tx.cursor(row_factory=tuple_row) as cursor:
        values = {"connection_id": connection_id}
        row = cursor.execute(_QUERIES["names_of_connection"], values).fetchone()
    profile, overrides = row or (None, {})
    mapping = _compile(files, digest_of(files), profile or _DEFAULT_PROFILE, overrides)
    refuse_failing(mapping, files)
    return mapping


def active(tx: psycopg.Connection[Any], connection_id: int) -> ActiveMapping | None:
    """Return the mapping that a connection works with, or None where none was activated.

    Raises:
        MappingError: If the stored text cannot be compiled with the names of the connection.
    """
    return _compiled_version(tx, _QUERIES["active_digest"], {"connection_id": connection_id})


def usable(tx: psycopg.Connection[Any], connection_id: int) -> ActiveMapping | None:
    """Return the mapping that a connection works with; None where there is none to work with.

    A text that was activated once may not compile any more: a later release may be stricter, the
    names of the connection may be others. Then the connection stops, and `bridge status` says why;
    the other connections go on.
    """
    try:
        found = active(tx, connection_id)
    except MappingError as error:
        _note_fault(tx, connection_id, error)
        return None
    if found is not None:
        _clear_fault(tx, connection_id)
    return found


def version(
    tx: psycopg.Connection[Any], connection_id: int, version_id: int
) -> ActiveMapping | None:
    """Return a version of a connection's mapping, whether it is in force or not.

    Raises:
        MappingError: If the stored text cannot be compiled with the names of the connection.
    """
    values = {"connection_id": connection_id, "id": version_id}
    return _compiled_version(tx, _QUERIES["version_digest"], values)


def means_the_same(
    tx: psycopg.Connection[Any], connection_id: int, version_id: int, mapping: Mapping
) -> bool:
    """Tell whether a version of a connection's mapping differs in comments and tests at most."""
    try:
        found = version(tx, connection_id, version_id)
    except MappingError:
        return False
    return found is not None and found.mapping.meaning == mapping.meaning


def _note_fault(tx: psycopg.Connection[Any], connection_id: int, error: MappingError) -> None:
    with tx.cursor(row_factory=tuple_row) as cursor:
        values = {"connection_id": connection_id, "fault": str(error)}
        row = cursor.execute(_QUERIES["note_fault"], values).fetchone()
    if row is not None and row[1]:
        extra = {"connection": connection_id, "version": row[0], "faults": error.faults}
        log.error("mapping_unusable", extra=extra)


def _clear_fault(tx: psycopg.Connection[Any], connection_id: int) -> None:
    with tx.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_QUERIES["clear_fault"], {"connection_id": connection_id}).fetchone()
    if row is not None:
        extra = {"connection": connection_id, "version": row[0]}
        log.warning("mapping_usable_again", extra=extra)


def _compiled_version(
    tx: psycopg.Connection[Any], query: LiteralString, values: dict[str, int]
) -> ActiveMapping | None:
    with tx.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(query, values)
        row = cursor.fetchone()
        if row is None:
            return None
        version_id, digest, profile, overrides, leaves_some = row
        profile = profile or _DEFAULT_PROFILE
        mapping = _compiled.get(_key(digest, profile, overrides))
        if mapping is None:
            cursor.execute(_QUERIES["version_files"], values | {"id": version_id})
            (files,) = cursor.fetchone() or ({},)
            mapping = _compile(files, digest, profile, overrides)
    if leaves_some:
        older = older_versions(tx, values["connection_id"], partial(_mapping_of, tx, values))
        mapping = in_vintages(version_id, mapping, older)
    return ActiveMapping(version_id=version_id, mapping=mapping)


def _mapping_of(
    tx: psycopg.Connection[Any], values: MappingOf[str, int], version_id: int
) -> Mapping | None:
    found = version(tx, values["connection_id"], version_id)
    return None if found is None else found.mapping


def _compile(
    files: MappingOf[str, str], digest: str, profile: str, overrides: MappingOf[str, object]
) -> Mapping:
    key = _key(digest, profile, overrides)
    mapping = _compiled.get(key)
    if mapping is None:
        mapping = _compiled[key] = load_mapping(files, profile=profile, overrides=overrides)
        while len(_compiled) > _CACHE_SIZE:
            _compiled.popitem(last=False)
    return mapping


def _key(digest: str, profile: str, overrides: MappingOf[str, object]) -> tuple[str, str, str]:
    return digest, profile, json.dumps(overrides, sort_keys=True)
