"""Make a backup: a dump of one moment, counted, written, read again, and noted."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

import psycopg
from psycopg import sql

from bridge.backups.archive import ENDING, drafting, opened, publish, unfinished
from bridge.backups.dump import check_dump, make_dump
from bridge.backups.manifest import Manifest
from bridge.backups.programs import find_programs, reach
from bridge.backups.store import SQL
from bridge.connections.keyring import read_ring
from bridge.db.database import connect, open_database
from bridge.db.migrate import PROGRAM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from bridge.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Made:
    """A backup that was just made.

    Attributes:
        took_s: Seconds from the first look at the database to the end of the check.
        removed: Older ones that went, because only so many are kept.
    """

    path: Path
    manifest: Manifest
    bytes: int
    took_s: float
    removed: tuple[Path, ...] = ()


class _Moment(NamedTuple):
    """What a snapshot sees, and by what name another session sees it, too."""

    snapshot: str
    at: datetime
    server_version: int


def back_up(
    settings: Settings, folder: Path, *, with_keys: bool, by: str, keep: int | None = None
) -> Made:
    """Return a backup that is on the disk, was read again, and is noted in the database.

    Args:
        settings: Which database.
        folder: Where it goes.
        with_keys: Put the key ring into it.
        by: Who makes it.
        keep: How many backups the folder keeps, this one included; None: all.

    Raises:
        ConfigurationError: If there is no program that can do it, or no key ring.
        BackupFailed: If it could not be made, or is not what was written.
    """
    began = time.monotonic()
    ring = "\n".join(read_ring(settings)) if with_keys else None
    database = open_database(settings)
    try:
        with unfinished(folder) as path, connect(settings) as tx:
            with _one_moment(tx) as moment:
                programs = find_programs(moment.server_version)
                access = reach(database.conninfo())
                with drafting(path) as draft:
                    content = draft.put_dump(make_dump(programs, access, moment.snapshot))
                    if ring is not None:
                        draft.put_keys(ring)
                    manifest = Manifest(
                        taken_at=moment.at,
                        version=version(PROGRAM),
                        schema_version=_schema_version(tx),
                        server_version=moment.server_version,
                        digest=content.digest,
                        dump_bytes=content.byte_count,
                        tables=_row_counts(tx),
                        key_ids=[key_id for (key_id,) in tx.execute(SQL["key_ids"])],
                        with_keys=with_keys,
                    )
                    draft.put_manifest(manifest)
            with opened(path) as archive:
                check_dump(programs, access, archive.dump())
            made = Made(
                path=publish(path, manifest.name).resolve(),
                manifest=manifest,
                bytes=path.stat().st_size,
                took_s=time.monotonic() - began,
                removed=tuple(_outlived(folder, keep)),
            )
            _note(tx, made, by)
    finally:
        database.close()
    for old in made.removed:
        old.unlink(missing_ok=True)
    return made


@contextmanager
def _one_moment(tx: psycopg.Connection[Any]) -> Iterator[_Moment]:
    """Hold a transaction that sees one moment, for the dump and the counts alike."""
    tx.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    tx.read_only = True
    with tx.transaction():
        row = tx.execute(SQL["export_snapshot"]).fetchone()
        assert row is not None  # noqa: S101 -- a statement without a condition
        yield _Moment(*row)
    tx.isolation_level = tx.read_only = None


def _row_counts(tx: psycopg.Connection[Any]) -> dict[str, int]:
    counts = {}
    for schema, table in tx.execute(SQL["tables"]).fetchall():
        name = sql.Identifier(schema, table)
        row = tx.execute(sql.SQL("SELECT count(*) FROM {}").format(name)).fetchone()
        counts[f"{schema}.{table}"] = int(row[0]) if row else 0
    return counts


def _schema_version(tx: psycopg.Connection[Any]) -> int:
    row = tx.execute(SQL["newest_migration"]).fetchone()
    return int(row[0]) if row else 0


def _outlived(folder: Path, keep: int | None) -> Iterator[Path]:
    """Yield the backups of a folder that are more than it keeps; their names sort by time."""
    if keep is not None:
        found = sorted(folder.glob(f"bridge-????????T??????Z*{ENDING}"), reverse=True)
        yield from found[max(1, keep) :]


def _note(tx: psycopg.Connection[Any], made: Made, by: str) -> None:
    tx.execute(
        SQL["note_backup"],
        {
            "taken_at": made.manifest.taken_at,
            "took_s": made.took_s,
            "path": str(made.path),
            "bytes": made.bytes,
            "digest": made.manifest.digest,
            "schema_version": made.manifest.schema_version,
            "with_keys": made.manifest.with_keys,
            "by": by,
        },
    )
