"""Whoever drives a bulk round may die between any two of its transactions; the next one goes on."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

from bridge.delivery.bulk.slice import bulk_slice
from tests.journey.dying import LEASE_S, Killed
from tests.journey.loading import (
    SOME,
    account,
    address,
    change_all,
    go_in_bulk_early,
    left_over,
    load,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg
    import pytest

    from bridge.db.database import Database
    from tests.journey.firm import Firm


class DyingDatabase:
    """A database under a process that dies in one of its transactions, or right after it."""

    def __init__(self, database: Database, left: int, *, is_committed: bool) -> None:
        self._database = database
        self._is_committed = is_committed
        self.left = left

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        if self.left <= 0:
            raise Killed  # whoever would tidy up is no more either
        self.left -= 1
        with self._database.transaction() as tx:
            yield tx
            if self.left == 0 and not self._is_committed:
                raise Killed
        if self.left == 0:
            raise Killed

    session = transaction


def drive_until_killed(firm: Firm, left: int, *, is_committed: bool) -> bool:
    """Drive the round until its process dies; return whether it lived to the end."""
    bridge = firm.bridge
    database = DyingDatabase(bridge.database, left, is_committed=is_committed)
    mortal = replace(bridge.installation, database=database)  # type: ignore[arg-type]
    for _ in range(50):
        try:
            bulk_slice(mortal, until=time.monotonic() + 30)
        except Killed:
            bridge.sandbox.advance(LEASE_S + 1)
            return False
        waits = bridge.rows(
            "SELECT extract(epoch FROM due_at - app_now())::float AS wait_s FROM bulk_round"
        )
        if not waits:
            return True
        bridge.sandbox.advance(max(0.0, waits[0]["wait_s"]) + 0.01)
    raise AssertionError("the round does not come to its end")


def test_a_round_survives_a_kill_at_any_point(
    firm: Firm, loaded: tuple[str, list[str]], scaled: Callable[[int], int]
) -> None:
    chance = Random(7)  # noqa: S311 -- picks where a process dies
    _, people = loaded
    died = 0
    for number in range(scaled(6)):
        change_all(firm, people, Title=f"Title {number}")
        firm.bridge.receive()
        firm.bridge.triage()
        while not drive_until_killed(
            firm, chance.randint(2, 30), is_committed=chance.random() < 0.5
        ):
            died += 1
        firm.settle()
        titles = {firm.there(address(one))["job_title"] for one in range(SOME)}
        assert titles == {f"Title {number}"}
        assert left_over(firm) == []
    assert died


def test_a_queue_that_is_full_only_delays(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    go_in_bulk_early(monkeypatch)
    list_id = firm.new_list()
    firm.settle()
    fault = {"side": "constant_contact", "method": "POST", "path": "json_import"}
    firm.sandbox.faults(fault | {"kind": "throttled", "times": 2})
    load(firm, list_id)
    firm.settle()
    assert firm.lists_of(address(3)) == {firm.cc_list_id(list_id)}
    assert left_over(firm) == []


def test_a_load_that_needs_many_activities_ends_right(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches of a few rows stand for batches of 4 MB; the account is slow beside."""
    monkeypatch.setattr("bridge.delivery.bulk.batches.MOST_BYTES", 700)
    go_in_bulk_early(monkeypatch)
    account(firm, bulk_wait_s=5)
    lists = [firm.new_list(f"Letter {number}") for number in range(2)]
    firm.settle()
    people = load(firm, lists[0], 40)
    for person in people[::2]:
        firm.join(person, lists[1])
    firm.settle()
    both = {firm.cc_list_id(one) for one in lists}
    for number in range(40):
        wanted = both if number % 2 == 0 else {firm.cc_list_id(lists[0])}
        assert firm.lists_of(address(number)) == wanted
    assert firm.bridge.rows("SELECT max(size_bytes) AS most FROM bulk_activity")[0]["most"] <= 700
    assert left_over(firm) == []
