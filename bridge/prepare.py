"""Bring a migrated database to what the settings say: clock, `default`, mappings in force."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bridge.clock import set_clock
from bridge.connections.keyring import open_keyring
from bridge.connections.secrets import refuse_foreign_ring
from bridge.connections.store import ensure_default, list_connections
from bridge.db.database import connect
from bridge.edits.pending import arrive
from bridge.errors import MappingError
from bridge.mapping.compiled import digest_of, read_files
from bridge.mapping.versions import activate, active, last_from_files

if TYPE_CHECKING:
    import psycopg

    from bridge.connections.model import Connection
    from bridge.settings import Settings

log = logging.getLogger(__name__)

_BY = "bridge up"


def prepare(settings: Settings, *, renew_mappings: bool) -> None:
    """Prepare the installation; harmless when several processes do it at once.

    Args:
        settings: What it shall be.
        renew_mappings: Whether edited mapping files come into force; else only a connection that
            has none gets them. Files with faults change nothing where a mapping is in force, nor
            do those that were in force already: what came from a page since stays. Files that do
            more than they may unasked wait for somebody's word.

    Raises:
        ConfigurationError: If the key ring, the organization id or the clock is not usable.
        MappingError: If a connection has no mapping and the files have faults.
    """
    keyring = open_keyring(settings)
    with connect(settings) as connection:
        with connection.transaction():
            refuse_foreign_ring(connection, keyring)
            set_clock(connection, movable=settings.clock == "movable")
            ensure_default(settings, connection, keyring)
            known = list_connections(connection)
        for one in known:
            _activate(connection, settings, one, renew=renew_mappings)


def _activate(
    connection: psycopg.Connection, settings: Settings, target: Connection, *, renew: bool
) -> None:
    is_broken = False
    try:
        with connection.transaction():
            has_one = active(connection, target.id) is not None
    except MappingError:
        has_one = is_broken = True  # stopped, with an alarm; what the files say now may mend it
    if has_one and not renew:
        return
    try:
        with connection.transaction():
            files = read_files(settings.mappings)
            is_edited = last_from_files(connection, target.id) != digest_of(files)
            if not has_one or is_broken:
                activate(connection, target.id, files, by=_BY)
            elif is_edited or settings.mappings_managed_by == "git":
                arrive(connection, target, files, by=_BY)
    except MappingError as error:
        if not has_one:
            raise
        log.error("mapping_not_activated", extra={"faults": error.faults})  # noqa: TRY400
