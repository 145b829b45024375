"""Migrations: numbered SQL files, applied once each, in order, by one process at a time.

A file `NNNN_name.sql` in `bridge/db/migrations` runs in a transaction of its own together with its
row in `schema_version`. Only `db migrate`, `up` and `demo` migrate; everything else waits.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from typing import TYPE_CHECKING

import psycopg

from bridge.db.database import connect
from bridge.db.queries import load_queries
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import LiteralString

    from bridge.settings import Settings

logger = logging.getLogger(__name__)

PROGRAM = "practifi-constant-contact-bridge"

_SQL = load_queries("bridge.db")
_POLL_S = 0.1


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One numbered SQL file."""

    version: int
    name: str
    sql: LiteralString


def read_migrations() -> list[Migration]:
    """Return all migrations, oldest first."""
    migrations = [
        Migration(
            version=int(entry.name.partition("_")[0]),
            name=entry.name.removesuffix(".sql"),
            sql=entry.read_text(encoding="utf-8"),
        )
        for entry in files("bridge.db").joinpath("migrations").iterdir()
        if entry.name.endswith(".sql")
    ]
    return sorted(migrations, key=lambda migration: migration.version)


def migrate(settings: Settings, *, lock_timeout_s: float = 5) -> list[int]:
    """Apply the migrations that are missing and return their versions.

    Processes that migrate at the same time wait for each other.

    Args:
        settings: Where the database is.
        lock_timeout_s: Seconds that a migration may wait for a table lock. It fails then, for all
            who use the table would have to wait behind it.

    Raises:
        ConfigurationError: If a newer program has migrated it: nothing is changed.
        psycopg.Error: If the server cannot be reached or a migration fails; those before it stay.
    """
    known = read_migrations()
    with connect(settings) as connection:
        connection.execute(_SQL["lock_migrations"])
        try:
            connection.execute(_SQL["limit_lock_waits"], {"seconds": lock_timeout_s})
            connection.execute(_SQL["create_schema_version"])
            applied = set(_applied(connection))
            _refuse_newer(applied - {migration.version for migration in known})
            missing = [item for item in known if item.version not in applied]
            for migration in missing:
                _apply(connection, migration)
        finally:
            if not connection.broken:
                connection.execute(_SQL["unlock_migrations"])
    return [migration.version for migration in missing]


def wait_for_schema(settings: Settings, deadline_s: float) -> None:
    """Wait until the database has every migration that this program knows.

    Args:
        settings: Where the database is.
        deadline_s: Seconds to wait, at least 0.

    Raises:
        ConfigurationError: If migrations are still missing then.
        psycopg.OperationalError: If the server cannot be reached then.
    """
    deadline = time.monotonic() + deadline_s
    needed = {migration.version for migration in read_migrations()}
    while True:
        try:
            with connect(settings) as connection:
                missing = needed.difference(_applied(connection))
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
        else:
            if not missing:
                return
            if time.monotonic() > deadline:
                listed = ", ".join(str(version) for version in sorted(missing))
                message = f"the database lacks migrations {listed}: run `bridge db migrate`"
                raise ConfigurationError(message)
        time.sleep(_POLL_S)


def names_of(versions: Sequence[int]) -> list[str]:
    """Return the names of migrations, as their files have them.

    >>> names_of([1])
    ['0001_clock']
    """
    return [each.name for each in read_migrations() if each.version in versions]


def _refuse_newer(unknown: Collection[int]) -> None:
    if unknown:
        listed = ", ".join(map(str, sorted(unknown)))
        raise ConfigurationError(
            f"the database has migrations {listed}, which version {version(PROGRAM)} does not "
            "know: install the version that made them or a newer one, or `bridge restore` a "
            "backup from before"
        )


def _applied(connection: psycopg.Connection) -> list[int]:
    has_table = connection.execute(_SQL["has_schema_version"]).fetchone()
    if has_table is None or not has_table[0]:
        return []
    return [version for (version,) in connection.execute(_SQL["applied_versions"])]


def _apply(connection: psycopg.Connection, migration: Migration) -> None:
    with connection.transaction():
        connection.execute(migration.sql)
        connection.execute(
            _SQL["insert_version"], {"version": migration.version, "name": migration.name}
        )
    logger.info("migration_applied", extra={"version": migration.version, "file": migration.name})
