"""The installation's clock: `app_now()` of the database, real or movable."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from datetime import datetime

    import psycopg

NOW = "SELECT app_now()"

MAKE_MOVABLE = """
CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql VOLATILE
AS 'SELECT clock_timestamp() + (SELECT ahead FROM clock_offset)'
"""

MAKE_REAL = """
CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql VOLATILE
AS 'SELECT clock_timestamp()'
"""

IS_MOVABLE = """
SELECT prosrc LIKE '%clock_offset%'
FROM pg_proc
WHERE oid = 'app_now()'::regprocedure
"""

VENDOR_URLS = """
SELECT name, url
FROM connection, unnest(ARRAY[sf_url, sf_login_url, cc_url, cc_auth_url]) AS url
WHERE url IS NOT NULL
"""

ADVANCE = """
UPDATE clock_offset
SET ahead = ahead + make_interval(secs => %(seconds)s)
RETURNING app_now()
"""

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def now(tx: psycopg.Connection) -> datetime:
    """Return the installation's time (aware, UTC)."""
    row = tx.execute(NOW).fetchone()
    assert row is not None  # noqa: S101 -- a SELECT without FROM has one row
    moment: datetime = row[0]
    return moment


def set_clock(tx: psycopg.Connection, *, movable: bool) -> None:
    """Make `app_now()` movable or real.

    Raises:
        ConfigurationError: If a connection's vendor is not on this machine: moved time would spend
            a real budget and date real records wrongly.
    """
    if movable:
        refuse_remote_vendors(tx)
    row = tx.execute(IS_MOVABLE).fetchone()
    if row is None or row[0] != movable:
        tx.execute(MAKE_MOVABLE if movable else MAKE_REAL)


def refuse_remote_vendors(tx: psycopg.Connection) -> None:
    """Raise ConfigurationError if any connection talks to another machine."""
    for name, url in tx.execute(VENDOR_URLS).fetchall():
        if urlsplit(url).hostname not in _LOOPBACK:
            message = (
                f"BRIDGE_CLOCK=movable is for the sandbox only, and connection {name} talks to "
                f"{urlsplit(url).hostname}: unset BRIDGE_CLOCK"
            )
            raise ConfigurationError(message)


def advance(tx: psycopg.Connection, seconds: float) -> datetime:
    """Move the movable clock ahead by seconds and return the new time.

    Raises:
        ConfigurationError: If the clock is real.
    """
    row = tx.execute(IS_MOVABLE).fetchone()
    if row is None or not row[0]:
        message = "the clock is real: start with BRIDGE_CLOCK=movable to move it"
        raise ConfigurationError(message)
    refuse_remote_vendors(tx)
    moved = tx.execute(ADVANCE, {"seconds": seconds}).fetchone()
    assert moved is not None  # noqa: S101 -- clock_offset has its one row
    moment: datetime = moved[0]
    return moment
