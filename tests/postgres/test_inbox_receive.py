"""The receiving endpoint over HTTP: what is stored, what is answered, and when."""

from __future__ import annotations

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import requests
from cryptography.fernet import Fernet
from psycopg.rows import dict_row

from bridge.app import create_app
from bridge.connections.keyring import KeyRing
from bridge.connections.store import add_connection, read_endpoints
from bridge.inbox.answers import ACK
from tests.fix_bridge import serving
from tests.outbound import (
    ACTION_ID,
    NOTIFICATION_ID,
    ORGANIZATION_ID,
    message,
    notification,
    with_data,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.db.database import Database
    from bridge.settings import Settings

LARGEST_BYTES = 300_000
DEADLINE_S = 10.0


@dataclass
class Receiving:
    """A running receiver with one connection, `firm`."""

    url: str
    path: str
    database: Database
    keyring: KeyRing
    woken: list[frozenset[str]] = field(default_factory=list)
    is_woken: threading.Event = field(default_factory=threading.Event)

    def wake(self, topics: frozenset[str]) -> None:
        """Note which workers were woken."""
        self.woken.append(topics)
        self.is_woken.set()

    def post(self, body: Any, path: str | None = None, **headers: str) -> requests.Response:
        """Send a message as Salesforce does."""
        data = body.encode() if isinstance(body, str) else body
        return requests.post(
            self.url + (path or self.path),
            data=data,
            headers={"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""'} | headers,
            timeout=DEADLINE_S,
        )

    def rows(self, statement: str = "SELECT * FROM notification ORDER BY seq") -> list[Any]:
        """Return the rows of a statement."""
        with self.database.transaction() as tx, tx.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(statement.encode()).fetchall()


@pytest.fixture
def receiving(settings: Settings, database: Database) -> Iterator[Receiving]:
    keyring = KeyRing([Fernet.generate_key().decode()])
    with database.transaction() as tx:
        add_connection(tx, keyring, "firm", ORGANIZATION_ID)
        (endpoint,) = read_endpoints(tx, keyring)
    running = Receiving("", endpoint.path, database, keyring)
    settings = settings.model_copy(update={"max_message_bytes": LARGEST_BYTES})
    with serving(create_app(settings, database, keyring, running.wake)) as url:
        running.url = url
        yield running


def is_fault(answer: requests.Response, status: int) -> bool:
    return (
        answer.status_code == status
        and answer.headers["content-type"] == "text/xml; charset=utf-8"
        and b"<soapenv:Fault>" in answer.content
        and b"Ack" not in answer.content
    )


def test_message_is_stored_and_acknowledged(receiving: Receiving) -> None:
    text = message(notification(fields={"LastName": "Lovelace"}))
    answer = receiving.post(text)
    assert (answer.status_code, answer.content) == (200, ACK)
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    (row,) = receiving.rows()
    assert (row["notification_id"], row["object"], row["state"]) == (
        NOTIFICATION_ID,
        "Contact",
        "received",
    )
    assert (row["action_id"], row["ordinal"], row["times_received"]) == (ACTION_ID, 0, 1)
    (stored,) = receiving.rows("SELECT *, host(from_address) AS host FROM message")
    assert stored["body"] == text.encode()
    assert (stored["id"], stored["received_at"]) == (row["message_id"], row["received_at"])
    assert (stored["encoding"], stored["host"]) == ("utf-8", "127.0.0.1")


def test_workers_are_woken_after_the_commit(receiving: Receiving) -> None:
    receiving.post(message(notification()))
    assert receiving.is_woken.wait(DEADLINE_S)
    assert receiving.woken == [frozenset({"triage"})]


def test_definition_that_fires_for_consent_flags_its_notifications(receiving: Receiving) -> None:
    with receiving.database.transaction() as tx:
        tx.execute(
            """
            INSERT INTO outbound_definition
              (connection_id, action_id, version, object, fields, in_force_from, lane)
            SELECT id, %s, 1, 'Contact', '{}', app_now(), 0 FROM connection
            """,
            [ACTION_ID],
        )
    receiving.post(message(), path="/outbound-messages/nobody/reads-all-endpoints-again")
    receiving.post(message(notification()))
    assert [row["consent"] for row in receiving.rows()] == [True]
    assert receiving.is_woken.wait(DEADLINE_S)
    assert receiving.woken == [frozenset({"triage-consent"})]


def test_repeat_is_acknowledged_and_changes_nothing(receiving: Receiving) -> None:
    receiving.post(message(notification()))
    receiving.rows("UPDATE notification SET state = 'waiting' RETURNING 1")
    (before,) = receiving.rows()
    assert receiving.post(message(notification("04l1"), notification())).content == ACK
    after = next(row for row in receiving.rows() if row["notification_id"] == NOTIFICATION_ID)
    assert after == before | {"times_received": 2}


def test_repeat_with_other_values_replaces_what_was_stored(receiving: Receiving) -> None:
    receiving.post(message(notification()))
    receiving.rows(
        "UPDATE notification SET state = 'dead', reason = 'x', attempts = 3, finished_at = now(),"
        " kept_xml = 'x' RETURNING 1"
    )
    (before,) = receiving.rows()
    receiving.post(message(notification("04l1"), notification(fields={"LastName": "King"})))
    after = next(row for row in receiving.rows() if row["notification_id"] == NOTIFICATION_ID)
    assert (after["state"], after["reason"], after["attempts"]) == ("received", None, 0)
    assert (after["finished_at"], after["kept_xml"]) == (None, None)
    assert (after["ordinal"], after["times_received"]) == (1, 2)
    assert after["message_id"] != before["message_id"]
    assert after["first_received_at"] == before["first_received_at"] < after["received_at"]


def test_repeat_within_one_message_counts_with_its_last_values(receiving: Receiving) -> None:
    receiving.post(
        message(*(notification(fields={"LastName": name}) for name in ("One", "Two", "Three")))
    )
    (row,) = receiving.rows()
    assert (row["ordinal"], row["times_received"]) == (2, 3)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("", id="no sObject"),
        pytest.param('<sObject xsi:nil="true"/>', id="nil"),
        pytest.param('<sObject xsi:type="sf:Contact"><A>x</A></sObject>', id="no Id"),
    ],
)
def test_notification_without_data_is_stored_and_ignored(receiving: Receiving, data: str) -> None:
    assert receiving.post(message(with_data(NOTIFICATION_ID, data))).content == ACK
    (row,) = receiving.rows()
    assert (row["state"], row["reason"], row["record_id"]) == ("ignored", "no data", None)
    assert row["finished_at"] is not None


def test_object_without_a_mapping_is_stored_like_any_other(receiving: Receiving) -> None:
    receiving.post(message(notification(object_name="ns__Anything__c")))
    (row,) = receiving.rows()
    assert (row["object"], row["state"]) == ("ns__Anything__c", "received")


def test_message_without_notifications_is_acknowledged_and_not_stored(receiving: Receiving) -> None:
    assert receiving.post(message()).content == ACK
    assert receiving.rows() == receiving.rows("SELECT * FROM message") == []


def test_organization_is_compared_by_its_first_15_characters(receiving: Receiving) -> None:
    text = message(notification(), organization_id=f" {ORGANIZATION_ID[:15]}\n")
    assert receiving.post(text).content == ACK


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param(
            message(notification(), organization_id="00D000000000000AAA"), 403, id="another"
        ),
        pytest.param(
            message(notification(), organization_id=ORGANIZATION_ID.swapcase()), 403, id="case"
        ),
        pytest.param(message(notification(), organization_id=""), 403, id="no organization"),
        pytest.param(message(notification())[:-9], 400, id="not well-formed"),
        pytest.param(message(notification("04l1"), with_data("", "")), 400, id="one without Id"),
        pytest.param("<!DOCTYPE a>" + message(declaration=""), 400, id="document type"),
        pytest.param(message(notification(fields={"A": "x" * LARGEST_BYTES})), 413, id="large"),
    ],
)
def test_refused_message_leaves_nothing(receiving: Receiving, text: str, status: int) -> None:
    assert is_fault(receiving.post(text), status)
    assert receiving.rows() == receiving.rows("SELECT * FROM message") == []
    assert receiving.post(message(notification())).content == ACK


def test_large_message_without_a_length_is_refused_while_it_comes(receiving: Receiving) -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b"x" * 100_000

    try:
        assert is_fault(receiving.post(pieces()), 413)
    except requests.ConnectionError:
        pass  # the server closed the connection before the sender was through
    assert sent < 1000
    assert receiving.post(message(notification())).content == ACK


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/outbound-messages/firm/wrong", id="secret"),
        pytest.param("/outbound-messages/firm/", id="no secret"),
        pytest.param("/outbound-messages/firm", id="no secret at all"),
        pytest.param("/outbound-messages/other/{secret}", id="connection"),
        pytest.param("/outbound-messages/firm/{secret}/", id="slash at the end"),
        pytest.param("/outbound-messages/firm/{secret}%C3%A9", id="not ASCII"),
    ],
)
def test_unknown_address_is_not_found(receiving: Receiving, path: str) -> None:
    secret = receiving.path.rpartition("/")[2]
    answer = receiving.post(message(notification()), path=path.format(secret=secret))
    assert is_fault(answer, 404)
    assert receiving.rows() == []


def test_only_post_is_answered(receiving: Receiving) -> None:
    answer = requests.get(receiving.url + receiving.path, timeout=DEADLINE_S)
    assert is_fault(answer, 405)
    assert answer.headers["allow"] == "POST"


def test_compressed_body_is_refused(receiving: Receiving) -> None:
    body = gzip.compress(message(notification()).encode())
    assert is_fault(receiving.post(body, **{"Content-Encoding": "gzip"}), 400)


def test_refused_encoding_is_named_in_the_fault(receiving: Receiving) -> None:
    answer = receiving.post(message(), **{"Content-Type": "text/xml; charset=Shift_JIS"})
    assert is_fault(answer, 400)
    assert b"Shift_JIS" in answer.content


def test_connection_that_was_just_added_receives(receiving: Receiving) -> None:
    with receiving.database.transaction() as tx:
        add_connection(tx, receiving.keyring, "new", "00D000000000001EAA")
        path = next(e.path for e in read_endpoints(tx, receiving.keyring) if e.name == "new")
    text = message(notification(), organization_id="00D000000000001")
    assert receiving.post(text, path=path).content == ACK


def test_messages_at_once_are_all_stored(receiving: Receiving) -> None:
    texts = [
        message(*(notification(f"04l{number}-{n % 7}") for n in range(number % 20 + 1)))
        for number in range(60)
    ]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(receiving.post, texts))
    assert {answer.content for answer in answers} == {ACK}
    assert len(receiving.rows()) == sum(min(number % 20 + 1, 7) for number in range(60))


def test_without_the_database_nothing_is_acknowledged(receiving: Receiving) -> None:
    receiving.post(message(notification()))
    with receiving.database.transaction() as tx:
        name = tx.info.dbname
        server = psycopg.connect(tx.info.dsn, dbname="postgres", autocommit=True)
    with server:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false'.encode())
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        assert is_fault(receiving.post(message(notification("04l1"))), 503)
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'.encode())
    assert receiving.post(message(notification("04l2"))).content == ACK


def test_lost_connection_to_the_database_is_replaced(receiving: Receiving) -> None:
    receiving.post(message(notification()))
    receiving.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert receiving.post(message(notification("04l1"))).content == ACK
    assert len(receiving.rows()) == 2
