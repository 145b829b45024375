"""The API budget: the database's clock decides, whoever asks."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from benchmarks.pacing import measure
from bridge.constant_contact.budget import ask, exhausted, give_back, throttled
from bridge.errors import ConfigurationError, QuotaSpent

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.db.database import Database
    from tests.fix_sandbox import RunningSandbox

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


def test_without_a_pace_calls_are_counted_ahead_and_given_back(
    database: Database, application: tuple[int, int]
) -> None:
    change(database, "gap_ms = 0")
    with database.transaction() as tx:
        grant = ask(tx, *application, WEBHOOK, count=25)
        give_back(tx, *application, WEBHOOK, grant._replace(calls=20))
        used = tx.execute("SELECT a.used, u.used FROM api_application a, api_usage u").fetchall()
    assert (grant.granted, grant.calls, grant.is_paced) == (True, 25, False)
    assert used == [(5, 5)]


@pytest.mark.parametrize("why", ["gap_ms = 260", "gap_ms = 0, used = 9100"])
def test_with_a_pace_or_few_calls_left_each_call_is_counted_by_itself(
    database: Database, application: tuple[int, int], why: str
) -> None:
    change(database, f"day = (app_now() AT TIME ZONE 'UTC')::date, {why}")
    with database.transaction() as tx:
        assert ask(tx, *application, WEBHOOK, count=25).calls == 1


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


@pytest.mark.parametrize(("days_ahead", "used"), [(1, 9_001), (2, 1)])
def test_a_day_that_has_begun_is_not_left_where_the_clock_is_set_back_over_midnight(
    database: Database, application: tuple[int, int], days_ahead: int, used: int
) -> None:
    change(database, f"day = (app_now() AT TIME ZONE 'UTC')::date + {days_ahead}, used = 9000")
    with database.transaction() as tx:
        assert ask(tx, *application, CONSENT).granted
        assert tx.execute("SELECT used FROM api_application").fetchone() == (used,)


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


def test_no_fifth_call_in_any_second_and_nearly_all_slots_used(
    database: Database,
    application: tuple[int, int],
    sandbox: RunningSandbox,
    scaled: Callable[[int], int],
) -> None:
    """Four processes call a stand-in that counts as the vendor does; two minutes at scale 12."""
    url = sandbox.line["constant_contact_url"]
    token = sandbox.line["constant_contact"]["access_token"]
    found = measure(database.conninfo(), application, url, token, scaled(10))
    assert found.most_a_second <= 4
    assert not found.refused  # however busy the machine is
    assert found.used >= 0.9  # 0.95 and more on a machine at rest: `make bench-pacing`
    assert min(found.by_lane.values()) >= 0.1 * found.calls
