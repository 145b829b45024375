"""A PostgreSQL server for a test run, and a database of its own for each test that asks.

The server is the embedded one, in a folder of this run that all xdist workers share: in memory
where there is plenty, since thousands of databases come and go, and some file systems spend half of
the time on making and removing their files. A test's database is a copy of a migrated template;
nothing needs to survive a crash, so nothing is synced.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bridge.db.database import Database, open_database
from bridge.db.embedded import attach
from bridge.db.migrate import migrate
from bridge.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = pytest.StashKey[Path]()
_TEMPLATE = "template_migrated"
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is made by mkdtemp
_LEAST_FREE = 4 << 30  # bytes; by default that file system may take half of the memory


def pytest_configure(config: pytest.Config) -> None:
    """Name the folder of this run, in the process that began it."""
    worker = getattr(config, "workerinput", None)
    config.stash[_FOLDER] = Path(worker["bridge_folder"]) if worker else _new_folder()


def _new_folder() -> Path:
    is_plenty = (
        "TMPDIR" not in os.environ
        and os.access(_IN_MEMORY, os.W_OK | os.X_OK)
        and shutil.disk_usage(_IN_MEMORY).free >= _LEAST_FREE
    )
    return Path(tempfile.mkdtemp(prefix="bridge-tests-", dir=_IN_MEMORY if is_plenty else None))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the folder of this run is."""
    node.workerinput["bridge_folder"] = str(node.config.stash[_FOLDER])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the folder; its keeper sees that and stops the server."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[_FOLDER], ignore_errors=True)


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> str:
    """The conninfo of this run's server; the database `template_migrated` is in it."""
    folder = pytestconfig.stash[_FOLDER]
    conninfo = attach(folder / "server")
    descriptor = os.open(folder / "template.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            if not os.fstat(descriptor).st_size:
                for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                    name = sql.Identifier(setting)
                    connection.execute(sql.SQL("ALTER SYSTEM SET {} TO off").format(name))
                connection.execute("SELECT pg_reload_conf()")
                name = sql.Identifier(_TEMPLATE)
                connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
                migrate(_settings(conninfo, _TEMPLATE, folder))
                os.write(descriptor, b"made")
    finally:
        os.close(descriptor)
    return conninfo


@pytest.fixture
def settings(server: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings whose `database_url` names a migrated database of this test alone."""
    with own_database(server, tmp_path) as settings:
        yield settings


@contextmanager
def own_database(server: str, folder: Path) -> Iterator[Settings]:
    """Give settings whose `database_url` names a migrated database, dropped at the end."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(_TEMPLATE)
            )
        )
        yield _settings(server, name, folder)
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        connection.execute(drop)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A migrated database of this test alone."""
    database = open_database(settings, size=8)
    yield database
    database.close()


def _settings(conninfo: str, name: str, folder: Path) -> Settings:
    """Settings for a database of this run's server, whatever `.env` says."""
    values: dict[str, Any] = {
        "_env_file": None,
        "database_url": make_conninfo(conninfo, dbname=name),
        "data_dir": folder / ".bridge",
    }
    return Settings(**values)
