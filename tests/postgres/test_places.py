"""Calls on their way: however long one is held up, no five arrive in a second."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from bridge.constant_contact.places import SQL, on_its_way
from bridge.delivery.work import mark
from bridge.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.db.database import Database

QUICK_S = 0.3


@pytest.fixture
def application(database: Database) -> int:
    """An API application that has made no call yet."""
    with database.transaction() as tx:
        made = tx.execute("INSERT INTO api_application (client_id) VALUES ('c') RETURNING id")
        [application_id] = made.fetchone() or ()
    return int(application_id)


def is_free_within(database: Database, application: int, seconds: float) -> bool:
    """Tell whether a call could leave within some seconds; it does, and is answered at once."""
    left = threading.Event()

    def call() -> None:
        with on_its_way(database, application):
            left.set()

    thread = threading.Thread(target=call)
    thread.start()
    is_free = left.wait(seconds)
    thread.join()
    return is_free


def make_calls(database: Database, application: int, took_s: float = 0.0) -> None:
    """Make as many calls as a second has, one after the other."""
    for _ in range(4):
        with on_its_way(database, application):
            time.sleep(took_s)


def test_a_call_that_is_on_its_way_keeps_its_place(database: Database, application: int) -> None:
    with ExitStack() as held_up:
        for _ in range(4):
            held_up.enter_context(on_its_way(database, application))
        with database.transaction() as tx:
            latest = tx.execute("SELECT min(free_at) > app_now() + '4 s' FROM api_place")
            assert latest.fetchone() == (True,)
        timer = threading.Timer(QUICK_S, held_up.pop_all().close)
        timer.start()
        started = time.monotonic()
        with on_its_way(database, application):
            assert time.monotonic() - started >= QUICK_S + 0.95
        timer.join()


def test_the_fifth_call_leaves_a_second_after_the_first_was_answered(
    database: Database, application: int
) -> None:
    started = time.monotonic()
    make_calls(database, application)
    with on_its_way(database, application):
        assert 0.99 <= time.monotonic() - started < 1.5


def test_distance_costs_no_calls(database: Database, application: int) -> None:
    """Each answer takes 200 ms; once that is known, five calls take a second and no more."""
    make_calls(database, application, took_s=0.2)
    with database.transaction() as tx:
        tx.execute("UPDATE api_place SET free_at = app_now()")
    started = time.monotonic()
    make_calls(database, application, took_s=0.2)
    with on_its_way(database, application):
        assert 0.99 <= time.monotonic() - started < 1.15


def test_a_failed_call_counts_as_one_that_arrived(database: Database, application: int) -> None:
    for _ in range(4):
        with pytest.raises(ConnectionError), on_its_way(database, application):
            raise ConnectionError
    assert not is_free_within(database, application, QUICK_S)


def test_a_call_of_a_process_that_died_is_given_up(database: Database, application: int) -> None:
    with ExitStack() as dead:
        for _ in range(4):
            dead.enter_context(on_its_way(database, application))
        with database.transaction() as tx:
            tx.execute("UPDATE api_place SET free_at = free_at - interval '5 s'")
        assert is_free_within(database, application, QUICK_S)


def test_places_are_free_once_the_clock_was_set_back(database: Database, application: int) -> None:
    make_calls(database, application)
    with database.transaction() as tx:
        tx.execute("UPDATE api_place SET free_at = free_at + interval '1 hour'")
    assert is_free_within(database, application, QUICK_S)


def test_many_who_want_a_place_at_once_get_no_more_than_there_are(
    database: Database, application: int, scaled: Callable[[int], int]
) -> None:
    starts: list[float] = []

    def call() -> None:
        with on_its_way(database, application):
            starts.append(time.monotonic())

    threads = [threading.Thread(target=call) for _ in range(scaled(8))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    starts.sort()
    assert all(later - earlier >= 0.99 for earlier, later in zip(starts, starts[4:], strict=False))


def test_consent_goes_before_others_that_wait_longer(database: Database, application: int) -> None:
    make_calls(database, application)
    with database.transaction() as tx:
        tx.execute(
            "UPDATE api_place SET taken_at = app_now() - '1 s'::interval, free_at = app_now()"
        )
        asked = {"application_id": application, "is_consent": False}
        [number, _, wait_s] = tx.execute(SQL["take_place"], asked).fetchone() or ()
        assert number is None
        assert 0 < wait_s <= 0.02
        [number, *_] = tx.execute(SQL["take_place"], asked | {"is_consent": True}).fetchone() or ()
        assert number is not None


def test_others_keep_apart_although_places_are_free(database: Database, application: int) -> None:
    starts: list[float] = []
    for _ in range(3):
        with on_its_way(database, application):
            starts.append(time.monotonic())
    assert all(later - earlier >= 0.19 for earlier, later in pairwise(starts))


def test_an_application_without_a_pace_needs_no_place(database: Database, application: int) -> None:
    with database.transaction() as tx:
        tx.execute("UPDATE api_application SET gap_ms = 0")
    started = time.monotonic()
    make_calls(database, application)
    make_calls(database, application)
    assert time.monotonic() - started < QUICK_S


def test_unknown_application_is_said_so(database: Database) -> None:
    with pytest.raises(ConfigurationError), on_its_way(database, 4711):
        pass


def mark_consent(database: Database, application: int, state: str = "active") -> None:
    """Let a change of consent be due, or on its way, at a connection of the application."""
    with database.transaction() as tx:
        row = tx.execute(
            "INSERT INTO connection (name, state, api_application_id) VALUES ('firm', %s, %s) "
            "RETURNING id",
            [state, application],
        ).fetchone()
        assert row is not None
        mark(tx, row[0], {("address", "ada@example.org"): True})


def take(
    database: Database, application: int, *, consent: bool = False
) -> tuple[int | None, float]:
    """Ask for a place; return its number and the seconds to wait where there is none."""
    with database.transaction() as tx:
        tx.execute("UPDATE api_place SET taken_at = taken_at - '1 s'::interval")  # none is too near
        asked = {"application_id": application, "is_consent": consent}
        [number, _, wait_s] = tx.execute(SQL["take_place"], asked).fetchone() or ()
    return number, wait_s or 0.0


def test_others_leave_one_place_free_while_a_change_of_consent_is_carried_out(
    database: Database, application: int
) -> None:
    mark_consent(database, application)
    assert [take(database, application)[0] for _ in range(4)] == [1, 2, 3, None]
    assert take(database, application)[1] == pytest.approx(0.02)
    assert take(database, application, consent=True)[0] == 4


def test_consent_that_is_kept_from_going_on_costs_others_nothing(
    database: Database, application: int
) -> None:
    mark_consent(database, application, state="paused")
    assert [take(database, application)[0] for _ in range(4)] == [1, 2, 3, 4]


def test_where_a_second_has_one_call_others_may_take_it(
    database: Database, application: int
) -> None:
    with database.transaction() as tx:
        tx.execute("UPDATE api_application SET per_second = 1")
    mark_consent(database, application)
    assert take(database, application)[0] == 1
