"""Wake-ups: at most one waits a topic, and one that is lost is made good by the sweep."""

from __future__ import annotations

import logging
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from dramatiq import Message
from dramatiq.brokers.stub import StubBroker
from dramatiq_postgres.schema import generate_init_sql
from psycopg import sql

from bridge.delivery.work import CONSENT, WEBHOOK, mark
from bridge.wakeups import topics
from bridge.wakeups.broker import create_broker
from bridge.wakeups.wake import SQL, Waker
from reconciler.watch import watch_wakeups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bridge.db.database import Database
    from bridge.settings import Settings

COLUMNS = """
SELECT table_name::text, column_name::text, ordinal_position, udt_name::text, is_nullable::text,
  column_default::text, is_identity::text, identity_generation::text
FROM information_schema.columns
WHERE table_schema = 'dramatiq'
ORDER BY 1, 3
"""
INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'dramatiq' ORDER BY 1"
STATES = "SELECT enum_range(NULL::dramatiq.state)::text"


@pytest.fixture
def broker() -> Iterator[StubBroker]:
    """A broker that keeps its messages in memory."""
    broker = StubBroker()
    yield broker
    broker.close()


def sent(broker: StubBroker) -> list[str]:
    return sorted(
        topic
        for queue in set(topics.QUEUE_OF.values())
        for message in list(broker.queues[queue].queue)
        for topic in dramatiq_args(message)
    )


def dramatiq_args(message: bytes) -> list[str]:
    return [str(argument) for argument in Message.decode(message).args]


def take(database: Database, topic: str) -> None:
    with database.transaction() as tx:
        tx.execute(SQL["take_wakeup"], {"topic": topic})


def overlooked(database: Database, *, after_s: float) -> list[str]:
    parameters = {"topics": list(topics.QUEUE_OF), "after_s": after_s}
    with database.transaction() as tx:
        return [topic for (topic,) in tx.execute(SQL["overlooked_wakeups"], parameters)]


def test_one_wake_up_waits_however_often_it_was_asked_for(
    database: Database, broker: StubBroker
) -> None:
    waker = Waker(database, broker)
    for _ in range(3):
        waker.wake({topics.TRIAGE, topics.DELIVER})
    assert sent(broker) == [topics.DELIVER, topics.TRIAGE]


def test_whatever_comes_after_the_wake_up_was_taken_asks_anew(
    database: Database, broker: StubBroker
) -> None:
    waker = Waker(database, broker)
    waker.wake({topics.TRIAGE})
    take(database, topics.TRIAGE)
    waker.wake({topics.TRIAGE})
    assert sent(broker) == [topics.TRIAGE, topics.TRIAGE]


def test_a_wake_up_that_was_lost_is_asked_for_again(database: Database, broker: StubBroker) -> None:
    waker = Waker(database, broker)
    waker.wake({topics.TRIAGE})
    with database.transaction() as tx:
        tx.execute("UPDATE wakeup SET asked_at = app_now() - interval '11 seconds'")
    waker.wake({topics.TRIAGE})
    assert sent(broker) == [topics.TRIAGE, topics.TRIAGE]


def test_a_wake_up_that_a_clock_set_back_has_put_off_is_asked_for_again(
    database: Database, broker: StubBroker
) -> None:
    waker = Waker(database, broker)
    waker.wake({topics.TRIAGE})
    with database.transaction() as tx:
        tx.execute("UPDATE wakeup SET asked_at = app_now() + interval '1 hour'")
    waker.wake({topics.TRIAGE})
    assert sent(broker) == [topics.TRIAGE, topics.TRIAGE]


@pytest.mark.parametrize("url", ["redis://127.0.0.1:9", "amqp://127.0.0.1:9"])
def test_a_broker_that_does_not_answer_leaves_wake_ups_to_the_watch(
    database: Database, settings: Settings, url: str, caplog: pytest.LogCaptureFixture
) -> None:
    broker = create_broker(settings.model_copy(update={"broker_url": url}), database)
    waker = Waker(database, broker)
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            waker.wake({topics.TRIAGE})
            assert overlooked(database, after_s=30) == [topics.TRIAGE]
            take(database, topics.TRIAGE)
    broker.close()
    tried = [one.message for one in caplog.records if one.name == "bridge.wakeups.wake"]
    assert tried == ["broker_unreachable"], "it is left alone for a while"


def test_a_worker_does_what_it_was_not_woken_for_and_leaves_others_theirs(
    database: Database, settings: Settings
) -> None:
    waker = Waker(database, StubBroker())
    waker.wake({topics.TRIAGE, topics.DELETES, topics.WRITE_BACK})
    with database.transaction() as tx:
        tx.execute(
            "UPDATE wakeup SET asked_at = app_now() - interval '31 seconds' WHERE topic <> %s",
            [topics.WRITE_BACK],
        )
    stop, done = threading.Event(), list[str]()

    def act(topic: str) -> None:
        take(database, topic)
        done.append(topic)
        stop.set()

    installation: Any = SimpleNamespace(
        database=database, settings=settings.model_copy(update={"sweep_every_s": 10.0})
    )
    watch_wakeups(installation, {"work", "polls"}, act, stop, first_look_s=0)
    assert done == [topics.DELETES]
    assert overlooked(database, after_s=30) == [topics.TRIAGE]


@pytest.mark.parametrize(
    ("consent", "topic"), [(True, topics.DELIVER_CONSENT), (False, topics.DELIVER)]
)
def test_the_sweep_finds_work_that_nobody_was_woken_for(
    database: Database,
    broker: StubBroker,
    consent: bool,  # noqa: FBT001 -- a case of the table
    topic: str,
) -> None:
    with database.transaction() as tx:
        row = tx.execute("INSERT INTO connection (name) VALUES ('firm') RETURNING id").fetchone()
        assert row is not None
        lane = CONSENT if consent else WEBHOOK
        mark(tx, row[0], {("address", "ada@example.org"): consent}, lane=lane)
    assert Waker(database, broker).sweep() == [topic]
    assert sent(broker) == [topic]


def test_the_sweep_wakes_nobody_where_nothing_waits(database: Database, broker: StubBroker) -> None:
    assert Waker(database, broker).sweep() == []


def test_the_tables_of_the_broker_are_those_of_the_installed_package(
    server: str, settings: Settings
) -> None:
    name = sql.Identifier("schema_of_the_package")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    try:
        theirs = psycopg.conninfo.make_conninfo(server, dbname="schema_of_the_package")
        with psycopg.connect(theirs) as connection:
            connection.execute(generate_init_sql().encode())
            expected = [
                connection.execute(query).fetchall() for query in (COLUMNS, INDEXES, STATES)
            ]
        with psycopg.connect(settings.database_url or "") as connection:
            ours = [connection.execute(query).fetchall() for query in (COLUMNS, INDEXES, STATES)]
        assert ours == expected
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
