"""A bridge inside the test's own process, connected to the sandbox, that moves only when told to.

The receiving server runs in a thread; triage, delivery, write-back and the polls are driven by
`settle`, one after the other, until nothing waits. What is due later is made due by moving the one
clock that both the bridge and the sandbox read, so no test sleeps through a back-off.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from cryptography.fernet import Fernet
from dramatiq.brokers.stub import StubBroker
from psycopg.rows import dict_row

from bridge.app import create_app
from bridge.bootstrap import Installation
from bridge.clock import set_clock
from bridge.connections.credentials import read_credentials, set_credentials
from bridge.connections.keyring import KeyRing
from bridge.connections.store import (
    add_connection,
    load_connection,
    read_endpoints,
    set_identity,
    set_profile,
)
from bridge.delivery.bulk.slice import bulk_slice
from bridge.delivery.deliver import deliver_slice
from bridge.delivery.write_back import write_back
from bridge.inbox.deletes import poll_deletes
from bridge.inbox.triage import triage_batch
from bridge.mapping.compiled import read_files
from bridge.mapping.versions import activate
from bridge.wakeups.wake import Waker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bridge.connections.model import Connection
    from bridge.db.database import Database
    from bridge.settings import Settings
    from tests.fix_sandbox import RunningSandbox

MAPPINGS = Path(__file__).parents[1] / "mappings"
CONSENT_LANES = (0,)
OTHER_LANES = range(1, 5)

_DEADLINE_S = 60.0
_ROUNDS = 120
_POLL_S = 0.005


@dataclass(frozen=True, kw_only=True)
class RunningBridge:
    """A bridge with one connection, `firm`, to the sandbox.

    Attributes:
        url: Where it receives outbound messages of the connection, secret included.
    """

    installation: Installation
    connection_id: int
    sandbox: RunningSandbox
    url: str

    @property
    def database(self) -> Database:
        """The bridge's database."""
        return self.installation.database

    @property
    def connection(self) -> Connection:
        """The connection as it is stored now."""
        with self.database.transaction() as tx:
            return load_connection(tx, self.connection_id)

    def rows(self, statement: str, **values: object) -> list[dict[str, Any]]:
        """Return the rows of one statement; `connection_id` is given."""
        parameters = {"connection_id": self.connection_id, **values}
        with self.database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement, parameters).fetchall()

    def receive(self) -> None:
        """Return once every outbound message that is due has been acknowledged."""
        deadline = time.monotonic() + _DEADLINE_S
        while any(
            row["state"] == "sending" or not row["attempts"]
            for row in self.sandbox.control("GET", "/salesforce/deliveries")
        ):
            assert time.monotonic() < deadline, "the outbound messages do not end"
            time.sleep(_POLL_S)

    def triage(self) -> None:
        """Triage everything that was received, consent first."""
        for consent in (True, False):
            while triage_batch(self.database, consent=consent):
                pass

    def deliver(self) -> None:
        """Deliver everything that is due, consent first, what goes in bulk last."""
        for lanes in (CONSENT_LANES, OTHER_LANES):
            deliver_slice(self.installation, lanes, until=time.monotonic() + _DEADLINE_S)
        bulk_slice(self.installation, until=time.monotonic() + _DEADLINE_S)

    def settle(self, *, deletes: bool = False) -> None:
        """Work until nothing waits but what has been given up, in both systems.

        Args:
            deletes: Poll for deleted records first.
        """
        self.receive()
        if deletes:
            poll_deletes(self.installation)
        for _ in range(_ROUNDS):
            self.triage()
            self.deliver()
            write_back(self.installation)
            self.receive()
            wait_s = self.wait_s()
            if wait_s is None:
                return
            if wait_s > 0:
                self.sandbox.advance(wait_s + 0.01)
        raise AssertionError(f"the bridge does not come to rest: {self.waiting()}")

    def waiting(self) -> list[dict[str, Any]]:
        """Return the subjects that are dirty and were not given up, and why each waits."""
        return self.rows(
            """
            SELECT w.kind, w.key, w.lane, w.wanted, w.done, w.attempts, w.due_at, w.lease_until,
              (SELECT array_agg(DISTINCT n.reason)
               FROM notification_subject s
               JOIN notification n USING (connection_id, notification_id)
               WHERE (s.connection_id, s.kind, s.key) = (w.connection_id, w.kind, w.key)
                 AND n.finished_at IS NULL) AS reasons
            FROM work w
            WHERE w.connection_id = %(connection_id)s AND w.done < w.wanted
              AND w.blocked_reason IS NULL
            """
        )

    def wait_s(self) -> float | None:
        """Return the seconds until something is due, or None where nothing waits."""
        rows = self.rows(
            """
            SELECT extract(epoch FROM min(at) - app_now())::float AS wait_s
            FROM (
              SELECT app_now() AS at FROM notification WHERE state = 'received'
              UNION ALL
              SELECT greatest(due_at, coalesce(lease_until, due_at),
                (SELECT probe_at FROM outage o
                 WHERE o.connection_id = work.connection_id AND o.system = work.waits_for))
              FROM work
              WHERE done < wanted AND blocked_reason IS NULL AND bulk_activity_id IS NULL
              UNION ALL
              SELECT greatest(due_at, coalesce(lease_until, due_at)) FROM bulk_round
              UNION ALL
              SELECT greatest(write_due_at, coalesce(lease_until, write_due_at),
                (SELECT probe_at FROM outage o
                 WHERE o.connection_id = record_status.connection_id AND o.system = 'salesforce'))
              FROM record_status WHERE write_due_at IS NOT NULL
            ) AS due
            """
        )
        wait_s = rows[0]["wait_s"]
        return None if wait_s is None else max(0.0, float(wait_s))


@pytest.fixture
def bridge(
    sandbox: RunningSandbox, settings: Settings, database: Database
) -> Iterator[RunningBridge]:
    """A bridge that is connected to the sandbox; limits of both are lifted."""
    with running_bridge(sandbox, settings, database) as running:
        yield running


@contextmanager
def running_bridge(
    sandbox: RunningSandbox, settings: Settings, database: Database
) -> Iterator[RunningBridge]:
    """Run a bridge that is connected to the sandbox, in a database of its own."""
    sandbox.lift_limits()
    settings = settings.model_copy(update={"clock": "movable", "http_timeout_s": 5.0})
    broker = StubBroker()
    installation = Installation(
        settings=settings,
        database=database,
        keyring=KeyRing([Fernet.generate_key().decode()]),
        broker=broker,
        waker=Waker(database, broker),
    )
    connection_id, path = connect(installation, sandbox.line)
    app = create_app(settings, database, installation.keyring, lambda _: None)
    with serving(app) as url:
        sandbox.control("PUT", "/salesforce/endpoint", {"url": url + path})
        yield RunningBridge(
            installation=installation,
            connection_id=connection_id,
            sandbox=sandbox,
            url=url + path,
        )
        sandbox.control("PUT", "/salesforce/endpoint", {"url": None})
    broker.close()


def connect(installation: Installation, line: Mapping[str, Any]) -> tuple[int, str]:
    """Add the connection `firm`, its mapping and no limit; return its id and endpoint path."""
    keyring = installation.keyring
    with installation.database.transaction() as tx:
        connection = add_connection(tx, keyring, "firm", line["organization_id"])
        set_credentials(tx, keyring, connection.id, read_credentials(json.dumps(line)))
        set_profile(tx, connection.id, "practifi")
        activate(tx, connection.id, read_files(MAPPINGS), by="test")
        set_clock(tx, movable=True)
        tx.execute("UPDATE api_application SET gap_ms = 0, day_limit = 1000000")
        connection = load_connection(tx, connection.id)
        endpoint = next(
            one for one in read_endpoints(tx, keyring) if one.connection_id == connection.id
        )
    salesforce = installation.salesforce(connection)
    try:
        user_id = salesforce.own_user_id()
    finally:
        salesforce.close()
    with installation.database.transaction() as tx:
        set_identity(tx, connection.id, sf_user_id=user_id)
    return connection.id, endpoint.path


@contextmanager
def serving(app: Any, *, http: Any = "auto") -> Iterator[str]:
    """Serve an application from a thread, at a free port of this machine; yield its address.

    Args:
        app: The application.
        http: What uvicorn speaks HTTP with.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        app,
        http=http,
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + _DEADLINE_S
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline
        time.sleep(_POLL_S)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(_DEADLINE_S)
        listener.close()
