"""`bridge up`, `bridge worker` and `bridge scheduler`."""

from __future__ import annotations

import argparse
import logging

from bridge import log as logs
from bridge.clock import set_clock
from bridge.connections.keyring import open_keyring
from bridge.connections.secrets import refuse_foreign_ring
from bridge.connections.store import ensure_default, list_connections
from bridge.db.database import open_database
from bridge.db.migrate import migrate, wait_for_schema
from bridge.errors import MappingError
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate, active
from bridge.settings import Settings, read_settings
from reconciler.group import run_group
from reconciler.roles import SCHEDULER, SERVE, WORKERS

log = logging.getLogger(__name__)

_SCHEMA_WAIT_S = 60.0


def up(argv: list[str]) -> int:
    """Run server, workers and scheduler in one process group, for one small machine."""
    parser = argparse.ArgumentParser(
        prog="bridge up",
        description="Server, workers and scheduler together. Ctrl-C or SIGTERM stops all of them.",
    )
    parser.parse_args(argv)
    settings = read_settings()
    logs.configure(settings.log_level, "up")
    migrate(settings)
    prepare(settings)
    return run_group([SERVE, *WORKERS, SCHEDULER])


def worker(argv: list[str]) -> int:
    """Run the workers alone."""
    parser = argparse.ArgumentParser(
        prog="bridge worker", description="The workers; a server and a scheduler run elsewhere."
    )
    parser.parse_args(argv)
    settings = read_settings()
    logs.configure(settings.log_level, "worker")
    wait_for_schema(settings, _SCHEMA_WAIT_S)
    return run_group(list(WORKERS))


def scheduler(argv: list[str]) -> int:
    """Run the scheduler alone; several may run at once."""
    parser = argparse.ArgumentParser(
        prog="bridge scheduler", description="Sweeps, polls and nightly runs; several may run."
    )
    parser.parse_args(argv)
    settings = read_settings()
    logs.configure(settings.log_level, "scheduler")
    wait_for_schema(settings, _SCHEMA_WAIT_S)
    return run_group([SCHEDULER])


def prepare(settings: Settings) -> None:
    """Bring a migrated database to what the settings say: clock, `default`, mapping files.

    Mapping files with faults change nothing where a mapping is in force: it goes on, and the faults
    are logged.

    Raises:
        ConfigurationError: If the key ring, the organization id or the clock is not usable.
        MappingError: If a connection has no mapping and the files have faults.
    """
    keyring = open_keyring(settings)
    database = open_database(settings, size=1)
    with database.transaction() as tx:
        refuse_foreign_ring(tx, keyring)
        set_clock(tx, movable=settings.clock == "movable")
        ensure_default(settings, tx, keyring)
        connections = list_connections(tx)
    for connection in connections:
        _activate(settings, connection.id)
    database.close()


def _activate(settings: Settings, connection_id: int) -> None:
    database = open_database(settings, size=1)
    try:
        with database.transaction() as tx:
            activate(tx, connection_id, read_files(settings.mappings), by="bridge up")
    except MappingError as error:
        with database.transaction() as tx:
            if active(tx, connection_id) is None:
                raise
        log.error("mapping_not_activated", extra={"faults": error.faults})  # noqa: TRY400
    finally:
        database.close()
