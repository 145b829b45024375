"""The API budget: the database's clock decides, whoever asks."""

from __future__ import annotations

import itertools
import multiprocessing
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest

from bridge.constant_contact.budget import ask, exhausted, throttled
from bridge.errors import ConfigurationError, QuotaSpent

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

    from bridge.db.database import Database

CONSENT, WEBHOOK, RECONCILE = 0, 2, 3


@pytest.fixture
def application(database: Database) -> tuple[int, int]:
    """An API application without history, and a connection that uses it."""
    with database.transaction() as tx:
        made = tx.execute("INSERT INTO api_application (client_id) VALUES ('c') RETURNING id")
        [application_id] = made.fetchone() or ()
        made = tx.execute(
            "INSERT INTO connection (name, api_application_id) VALUES ('n', %s) RETURNING id",
            [application_id],
        )
        [connection_id] = made.fetchone() or ()
    return application_id, connection_id


def change(database: Database, assignments: str) -> None:
    with database.transaction() as tx:
        tx.execute(f"UPDATE api_application SET {assignments}".encode())  # noqa: S608


def test_first_call_starts_at_once_and_the_second_waits_a_gap(
    database: Database, application: tuple[int, int]
) -> None:
    with database.transaction() as tx:
        first = ask(tx, *application, WEBHOOK)
        second = ask(tx, *application, WEBHOOK)
    assert (first.granted, first.wait_s) == (True, 0)
    assert not second.granted
    assert 0.1 < second.wait_s <= 0.26


def test_consent_reserves_ahead_and_others_do_not_get_between(
    database: Database, application: tuple[int, int]
) -> None:
    with database.transaction() as tx:
        reserved = [ask(tx, *application, CONSENT, ahead_ms=60_000) for _ in range(5)]
        later = ask(tx, *application, WEBHOOK)
    starts = [grant.starts_at for grant in reserved if grant.starts_at is not None]
    assert len(starts) == 5
    assert all(b - a >= timedelta(milliseconds=230) for a, b in itertools.pairwise(starts))
    assert starts[4] - starts[0] > timedelta(seconds=1)
    assert not later.granted
    assert later.wait_s > 1


def test_unused_time_is_not_saved_up(database: Database, application: tuple[int, int]) -> None:
    change(database, "next_at = app_now() - interval '1 hour'")
    with database.transaction() as tx:
        granted = [ask(tx, *application, WEBHOOK).granted for _ in range(3)]
    assert granted == [True, False, False]


def test_calls_are_counted_by_lane(database: Database, application: tuple[int, int]) -> None:
    with database.transaction() as tx:
        for lane in (CONSENT, CONSENT, RECONCILE):
            assert ask(tx, *application, lane, ahead_ms=60_000).granted
        counted = tx.execute("SELECT lane, used FROM api_usage ORDER BY lane").fetchall()
        used = tx.execute("SELECT used FROM api_application").fetchone()
    assert counted == [(CONSENT, 2), (RECONCILE, 1)]
    assert used == (3,)


def test_last_calls_of_the_day_are_kept_for_consent(
    database: Database, application: tuple[int, int]
) -> None:
    change(database, "day = (app_now() AT TIME ZONE 'UTC')::date, used = 9500")
    with database.transaction() as tx:
        with pytest.raises(QuotaSpent) as caught:
            ask(tx, *application, WEBHOOK)
        assert ask(tx, *application, CONSENT).granted
    assert caught.value.until is not None
    assert caught.value.until.astimezone(UTC).time() == datetime.min.time()
    assert caught.value.until > datetime.min.replace(tzinfo=UTC)


def test_nobody_gets_the_call_after_the_last(
    database: Database, application: tuple[int, int]
) -> None:
    change(database, "day = (app_now() AT TIME ZONE 'UTC')::date, used = 9999")
    with database.transaction() as tx:
        assert ask(tx, *application, CONSENT).granted
        with pytest.raises(QuotaSpent):
            ask(tx, *application, CONSENT, ahead_ms=60_000)
        assert tx.execute("SELECT used FROM api_application").fetchone() == (10_000,)


def test_new_day_begins_at_nought(database: Database, application: tuple[int, int]) -> None:
    change(database, "day = (app_now() AT TIME ZONE 'UTC')::date - 1, used = 10000")
    with database.transaction() as tx:
        assert ask(tx, *application, WEBHOOK).granted
        assert tx.execute("SELECT used FROM api_application").fetchone() == (1,)


def test_throttled_answer_holds_everybody_back(
    database: Database, application: tuple[int, int]
) -> None:
    with database.transaction() as tx:
        throttled(tx, application[0], 5)
        grant = ask(tx, *application, CONSENT)
    assert not grant.granted
    assert 4 < grant.wait_s <= 5


def test_exhausted_answer_stops_everybody_for_the_day(
    database: Database, application: tuple[int, int]
) -> None:
    with database.transaction() as tx:
        exhausted(tx, application[0])
        with pytest.raises(QuotaSpent) as caught:
            ask(tx, *application, CONSENT)
        [(paused_until,)] = tx.execute("SELECT paused_until FROM api_application")
    assert caught.value.until == paused_until


def test_unknown_application_is_said_so(database: Database) -> None:
    with database.transaction() as tx, pytest.raises(ConfigurationError):
        ask(tx, 4711, 1, WEBHOOK)


def call_for(
    conninfo: str, application: tuple[int, int], lane: int, seconds: float, starts: Queue[float]
) -> None:
    """Take slots for a while, as a worker does, and tell when each may start."""
    deadline = time.monotonic() + seconds
    with psycopg.connect(conninfo, autocommit=True) as connection:
        while time.monotonic() < deadline:
            with connection.transaction():
                grant = ask(connection, *application, lane, ahead_ms=300 if lane == CONSENT else 0)
            if grant.starts_at is not None:
                starts.put(grant.starts_at.timestamp())
            time.sleep(grant.wait_s)


def test_no_fifth_call_in_any_second_and_nearly_all_slots_used(
    database: Database, application: tuple[int, int]
) -> None:
    seconds = 4.0
    context = multiprocessing.get_context("spawn")
    starts: Queue[float] = context.Queue()
    workers = [
        context.Process(
            target=call_for, args=(database.conninfo(), application, lane, seconds, starts)
        )
        for lane in (CONSENT, WEBHOOK, WEBHOOK, RECONCILE)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=30)
        assert worker.exitcode == 0
    at = sorted(starts.get(timeout=5) for _ in range(starts.qsize()))
    assert all(fifth - first > 1.0 for first, fifth in zip(at, at[4:], strict=False))
    assert (len(at) - 1) / (at[-1] - at[0]) >= 0.9 * 4  # 0.95 and more on a machine at rest
