"""One sandbox and one bridge that serve many examples; each begins as the first did.

Starting them takes seconds, so they stay; what an example left is wiped from the database, and the
sandbox goes back to its start.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from cryptography.fernet import Fernet
from dramatiq.brokers.stub import StubBroker
from psycopg import sql

from bridge.app import create_app
from bridge.bootstrap import Installation
from bridge.connections.keyring import KeyRing
from bridge.wakeups.wake import Waker
from tests.fix_bridge import RunningBridge, connect, serving
from tests.fix_sandbox import RunningSandbox, start_sandbox, stop_sandbox
from tests.journey.firm import Firm

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from bridge.db.database import Database
    from bridge.settings import Settings

_TABLES = """
SELECT relname
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
  AND relname NOT IN ('schema_version', 'clock_offset')
"""


@dataclass(frozen=True, kw_only=True)
class World:
    """A firm that can be begun again.

    Attributes:
        start: Table -> its rows before the first example, as COPY writes them.
    """

    firm: Firm
    start: dict[str, bytes]

    def begin(self) -> Firm:
        """Return the firm as it is before anything was done."""
        sandbox, bridge = self.firm.sandbox, self.firm.bridge
        sandbox.control("POST", "/reset")
        with bridge.database.transaction() as tx:
            # The ledger refuses to forget, by a trigger.
            tx.execute("SET LOCAL session_replication_role = replica")
            tx.execute("UPDATE clock_offset SET ahead = '0'")
            for name, rows in self.start.items():
                tx.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
                if rows:
                    into = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))
                    with tx.cursor().copy(into) as copy:
                        copy.write(rows)
        sandbox.lift_limits()
        sandbox.control("PUT", "/salesforce/endpoint", {"url": bridge.url})
        return self.firm


@contextmanager
def running(settings: Settings, database: Database) -> Iterator[World]:
    """Run a sandbox without any client, and a bridge that is connected to it."""
    process, line = start_sandbox("--size", "empty")
    settings = settings.model_copy(update={"clock": "movable", "http_timeout_s": 5.0})
    broker = StubBroker()
    installation = Installation(
        settings=settings,
        database=database,
        keyring=KeyRing([Fernet.generate_key().decode()]),
        broker=broker,
        waker=Waker(database, broker),
    )
    try:
        with requests.Session() as session:
            sandbox = RunningSandbox(line=line, session=session)
            connection_id, path = connect(installation, line)
            app = create_app(settings, database, installation.keyring, lambda _: None)
            with serving(app) as url:
                bridge = RunningBridge(
                    installation=installation,
                    connection_id=connection_id,
                    sandbox=sandbox,
                    url=url + path,
                )
                yield World(firm=Firm(bridge, sandbox), start=_rows(database))
    finally:
        broker.close()
        stop_sandbox(process)


def _columns(tx: psycopg.Connection[Any], table: str) -> list[str]:
    """Return the columns that are filled in: COPY takes no others."""
    rows = tx.execute(
        """
        SELECT attname
        FROM pg_attribute
        WHERE attrelid = %(table)s::regclass
          AND attnum > 0
          AND NOT attisdropped
          AND attgenerated = ''
        ORDER BY attnum
        """,
        {"table": table},
    )
    return [str(name) for (name,) in rows]


def _rows(database: Database) -> dict[str, bytes]:
    with database.transaction() as tx:
        names = [str(name) for (name,) in tx.execute(_TABLES)]
        found: dict[str, bytes] = {}
        for name in names:
            columns = sql.SQL(", ").join(map(sql.Identifier, _columns(tx, name)))
            whole = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(
                columns, sql.Identifier(name)
            )
            with tx.cursor().copy(whole) as copy:
                found[name] = b"".join(bytes(block) for block in copy)
        return found
