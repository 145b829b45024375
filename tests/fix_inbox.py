"""A server that receives for one connection, `firm`, and nobody who works on what it stored."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
import requests
from cryptography.fernet import Fernet
from psycopg.rows import dict_row

from bridge.app import create_app
from bridge.connections.keyring import KeyRing
from bridge.connections.store import add_connection, read_endpoints
from bridge.direct import DirectRoad
from tests import one_piece
from tests.fix_bridge import serving
from tests.outbound import ORGANIZATION_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bridge.db.database import Database
    from bridge.settings import Settings

XML = "text/xml; charset=UTF-8"
_DEADLINE_S = 10.0
_POLL_S = 0.005


@dataclass(frozen=True, kw_only=True)
class RunningReceiver:
    """A running server.

    Attributes:
        url: Its address, without a path.
        path: Where messages of the connection `firm` go.
        woken: The topics that were woken, in order.
        given_up: Grows when the server gives up.
        in_one_piece: Whether what is posted leaves in one write.
    """

    url: str
    path: str
    database: Database
    keyring: KeyRing
    woken: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    in_one_piece: bool = False

    def post(
        self,
        body: str | bytes,
        *,
        content_type: str | None = XML,
        path: str | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> requests.Response:
        """Send a message and return the answer."""
        sent = {"SOAPAction": '""', "Content-Type": content_type, **headers}
        content = body.encode() if isinstance(body, str) else body
        with one_piece.session() if self.in_one_piece else requests.Session() as session:
            return session.post(
                self.url + (path or self.path), data=content, headers=sent, timeout=_DEADLINE_S
            )

    def add(self, name: str, organization_id: str = ORGANIZATION_ID) -> str:
        """Add a connection and return where its messages go."""
        with self.database.transaction() as tx:
            return connect_firm(tx, self.keyring, name, organization_id)

    def rows(self, statement: str, **values: object) -> list[dict[str, Any]]:
        """Return the rows of a statement."""
        with self.database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement, values).fetchall()

    def notifications(self) -> list[dict[str, Any]]:
        """Return what is stored of every notification, in the order of arrival."""
        return self.rows("SELECT * FROM notification ORDER BY seq")

    def messages(self) -> list[dict[str, Any]]:
        """Return the raw messages, in the order of arrival."""
        return self.rows("SELECT * FROM message ORDER BY received_at")


def connect_firm(tx: Any, keyring: KeyRing, name: str, organization_id: str) -> str:
    """Add a connection without credentials and return its path."""
    connection = add_connection(tx, keyring, name, organization_id)
    return next(
        endpoint.path
        for endpoint in read_endpoints(tx, keyring)
        if endpoint.connection_id == connection.id
    )


def eventually(is_true: Callable[[], object], what: str) -> None:
    """Wait until something is true, ten seconds at most."""
    deadline = time.monotonic() + _DEADLINE_S
    while not is_true():
        assert time.monotonic() < deadline, what
        time.sleep(_POLL_S)


@pytest.fixture
def receiver_settings(settings: Settings) -> Settings:
    """Settings of the server; a test may have others."""
    return settings


@pytest.fixture
def road() -> str:
    """How messages come in: `asgi` by any server, `direct` by ours and in one piece."""
    return "asgi"


@pytest.fixture
def receiver(
    receiver_settings: Settings, database: Database, road: str
) -> Iterator[RunningReceiver]:
    """A running server and its connection."""
    keyring = KeyRing([Fernet.generate_key().decode()])
    with database.transaction() as tx:
        path = connect_firm(tx, keyring, "firm", ORGANIZATION_ID)
    woken: list[str] = []
    given_up: list[str] = []
    app = create_app(
        receiver_settings, database, keyring, woken.extend, lambda: given_up.append("server")
    )
    with serving(app, http=DirectRoad(app.receiver) if road == "direct" else "auto") as url:
        yield RunningReceiver(
            url=url,
            path=path,
            database=database,
            keyring=keyring,
            woken=woken,
            given_up=given_up,
            in_one_piece=road == "direct",
        )
