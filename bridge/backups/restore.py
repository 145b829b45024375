"""Put a backup back: all of it or nothing, and nothing but opt-outs goes out until a person looks.

What happened after the backup was taken is gone from the bridge's memory, the ledger of consent
included. So the transaction that brings the old state also stops the deliveries of every
connection; a plan that compares both sides shows what the state does not know (`bridge resume`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from psycopg import ClientCursor, sql
from psycopg.rows import dict_row

from bridge.backups.archive import opened
from bridge.backups.dump import put_back
from bridge.backups.manifest import RESTORE, refuse_newer
from bridge.backups.programs import find_programs, reach
from bridge.backups.store import SQL
from bridge.connections.keyring import KeyRing, keep_ring, read_ring, ring_path
from bridge.db.database import connect, open_database
from bridge.db.migrate import PROGRAM, read_migrations
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError
from bridge.pauses.store import DELIVERY_LANES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import LiteralString

    import psycopg

    from bridge.backups.archive import Archive
    from bridge.backups.manifest import Manifest
    from bridge.settings import Settings

AROUND = load_queries("bridge.backups", "after_restore.sql")

_PUBLIC = "public"


@dataclass(frozen=True, kw_only=True)
class PutBack:
    """A backup that is back.

    Attributes:
        took_s: Seconds that it took.
        keeps_logins: The logins of now were kept, for they are newer.
        missing_keys: Keys that stored secrets need and the key ring lacks.
    """

    manifest: Manifest
    took_s: float
    keeps_logins: bool
    missing_keys: tuple[str, ...]


def read_backup(path: Path) -> Manifest:
    """Return what a backup says of itself, if this program can put it back.

    Raises:
        ConfigurationError: If it is none, or a newer program made it.
    """
    with opened(path) as archive:
        refuse_newer(
            archive.manifest,
            known=max(migration.version for migration in read_migrations()),
            version=version(PROGRAM),
        )
        return archive.manifest


def restore(settings: Settings, path: Path, *, replace: bool, by: str) -> PutBack:
    """Put a backup into the database, and return once it is there and was counted.

    Args:
        settings: Which database.
        path: The backup.
        replace: The database may hold something, which goes.
        by: Who does it.

    Raises:
        ConfigurationError: If the database is not empty, somebody uses it, or the backup cannot
            be put back by this program.
        BackupFailed: If it could not be put back; the database is as it was.
    """
    began = time.monotonic()
    manifest = read_backup(path)
    database = open_database(settings)
    try:
        with connect(settings) as tx:
            programs = find_programs(_server_version(tx))
            is_empty = _refuse_what_is_in_the_way(tx, replace=replace)
            logins = [] if is_empty else _logins(tx)
            before = list(_before(tx, is_empty=is_empty))
            after = [
                _literal(tx, AROUND["usual_path"]),
                *_counted(tx, manifest),
                *_logins_kept(tx, logins),
                *_stopped(tx, path, manifest, by),
            ]
        with opened(path) as archive:
            keep_keys(settings, archive)
            access = reach(database.conninfo())
            put_back(programs, access, archive.dump(), before=before, after=after)
        with connect(settings) as tx:
            tx.execute("ANALYZE")
    finally:
        database.close()
    return PutBack(
        manifest=manifest,
        took_s=time.monotonic() - began,
        keeps_logins=bool(logins),
        missing_keys=tuple(sorted({*manifest.key_ids} - {*_key_ids(settings)})),
    )


def keep_keys(settings: Settings, archive: Archive) -> None:
    """Write the key ring of a backup where the bridge would make a new one."""
    ring = archive.keys()
    has_one = settings.keys is not None or settings.keys_file is not None
    if ring is not None and not has_one and settings.database_url is None:
        keep_ring(ring_path(settings), ring)


def _key_ids(settings: Settings) -> tuple[str, ...]:
    try:
        return KeyRing(read_ring(settings)).key_ids
    except ConfigurationError:
        return ()


def _refuse_what_is_in_the_way(tx: psycopg.Connection[Any], *, replace: bool) -> bool:
    """Tell whether the database is empty; refuse one that is not, unless it shall go."""
    is_empty = not tx.execute(SQL["tables"]).fetchall()
    if not is_empty and not replace:
        raise ConfigurationError(
            "the database is not empty: give --replace to put the backup in the place of what it "
            "holds, after `bridge backup`"
        )
    others = int(_one(tx, SQL["other_sessions"]))
    if others:
        raise ConfigurationError(
            f"{others} other sessions use the database: stop `bridge up`, or every serve, worker "
            "and scheduler, and whoever else reads it; Salesforce keeps its messages for 24 hours"
        )
    return is_empty


def _logins(tx: psycopg.Connection[Any]) -> list[dict[str, Any]]:
    """Return the stored logins of a database that is about to go; nothing of them is opened."""
    if not _one(tx, SQL["has_credentials"]):
        return []
    with tx.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(SQL["logins"]).fetchall()


def _logins_kept(tx: psycopg.Connection[Any], logins: Sequence[dict[str, Any]]) -> Iterator[bytes]:
    for name, organization_id in {(each["name"], each["organization_id"]) for each in logins}:
        values = {"name": name, "organization_id": organization_id}
        yield _literal(tx, AROUND["drop_logins"], values)
    for each in logins:
        yield _literal(tx, AROUND["put_login_back"], each)


def _before(tx: psycopg.Connection[Any], *, is_empty: bool) -> Iterator[bytes]:
    """Yield what makes room; a dump takes the schema `public` for granted, and no other one."""
    yield _literal(tx, AROUND["limit_lock_waits"])
    schemas = [schema for (schema,) in tx.execute(SQL["schemas"])]
    for schema in schemas:
        if not (is_empty and schema == _PUBLIC):  # it may be another user's
            yield sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)).as_bytes(tx)
    if not (is_empty and _PUBLIC in schemas):
        yield sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(_PUBLIC)).as_bytes(tx)


def _counted(tx: psycopg.Connection[Any], manifest: Manifest) -> Iterator[bytes]:
    """Yield statements that fail, and say where, if a table has not the rows that it had."""
    check = sql.SQL("SELECT ({} || count(*))::int FROM {} HAVING count(*) <> {}")
    for name, rows in manifest.tables.items():
        schema, _, table = name.partition(".")
        words = sql.Literal(f"of {rows} rows of {name} are there: ")
        counted = check.format(words, sql.Identifier(schema, table), sql.Literal(rows))
        yield counted.as_bytes(tx)


def _stopped(tx: psycopg.Connection[Any], path: Path, manifest: Manifest, by: str) -> list[bytes]:
    at = f"{manifest.taken_at:%Y-%m-%d %H:%M} UTC"
    values = {
        "by": RESTORE,
        "lanes": sorted(DELIVERY_LANES),
        "reason": f"what happened since the backup of {at} is not known: "
        "`bridge reconcile contacts --plan`, look at its plan, then `bridge resume`",
    }
    noted = {
        "taken_at": manifest.taken_at,
        "path": str(path.resolve()),
        "bytes": path.stat().st_size,
        "digest": manifest.digest,
        "schema_version": manifest.schema_version,
        "with_keys": manifest.with_keys,
        "by": by,
    }
    return [
        _literal(tx, AROUND["stop_deliveries"], values),
        _literal(tx, AROUND["stop_runs"]),
        _literal(tx, AROUND["note_restoration"], noted),
        _literal(tx, AROUND["note_backup_again"], noted),
    ]


def _literal(
    tx: psycopg.Connection[Any], statement: LiteralString, values: dict[str, Any] | None = None
) -> bytes:
    """Return a statement with its values written into it, for a program that takes text."""
    return ClientCursor(tx).mogrify(statement, values).encode()


def _server_version(tx: psycopg.Connection[Any]) -> int:
    return int(_one(tx, SQL["server_version"]))


def _one(tx: psycopg.Connection[Any], statement: LiteralString) -> Any:
    row = tx.execute(statement).fetchone()
    return row[0] if row else None
