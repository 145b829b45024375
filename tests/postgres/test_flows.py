"""Flows: what several ask for is done once for all, and an error is met by the one whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from bridge.delivery.flows import ask, settle_all, settle_one

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bridge.db.database import Database
    from bridge.delivery.flows import Flow


class Halves:
    """Divides 60 by numbers in PostgreSQL, and remembers how many were asked for at once."""

    def __init__(self) -> None:
        self.crowds: list[int] = []

    def divide(self, tx: psycopg.Connection, numbers: Sequence[int]) -> Sequence[int | Exception]:
        """Divide; a negative number is refused for itself alone."""
        self.crowds.append(len(numbers))
        rows = tx.execute("SELECT 60 / n FROM unnest(%s::int[]) AS n", [list(numbers)]).fetchall()
        pairs = zip(numbers, rows, strict=True)
        return [ValueError("negative") if number < 0 else row[0] for number, row in pairs]

    def flow(self, number: int) -> Flow[int]:
        """Divide twice."""
        half = yield from ask(self.divide, number)
        return (yield from ask(self.divide, half))


def ends(database: Database, halves: Halves, numbers: Sequence[int]) -> dict[int, object]:
    flows = {number: halves.flow(number) for number in numbers}
    return dict(settle_all(database, flows, lambda _: None))


def test_what_all_ask_for_is_done_at_once(database: Database) -> None:
    halves = Halves()
    assert ends(database, halves, [2, 3, 5]) == {2: 2, 3: 3, 5: 5}
    assert halves.crowds == [3, 3]


def test_an_error_that_stops_all_is_met_by_the_one_whose_it_is(database: Database) -> None:
    halves = Halves()
    found = ends(database, halves, [2, 0, 5])
    assert isinstance(found.pop(0), psycopg.errors.DivisionByZero)
    assert found == {2: 2, 5: 5}
    assert halves.crowds == [3, 1, 1, 1, 2]


def test_an_error_among_the_results_is_raised_in_its_flow(database: Database) -> None:
    found = ends(database, Halves(), [2, -1])
    assert found.pop(2) == 2
    assert str(found.pop(-1)) == "negative"


def test_one_flow_raises_what_befalls_it(database: Database) -> None:
    assert settle_one(database, Halves().flow(4)) == 4
    with pytest.raises(psycopg.errors.DivisionByZero):
        settle_one(database, Halves().flow(0))


def test_a_database_that_cannot_write_is_nobodys_own_matter(database: Database) -> None:
    def cut_off(tx: psycopg.Connection, numbers: Sequence[int]) -> Sequence[int]:
        tx.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return numbers

    def flow(number: int) -> Flow[int]:
        return (yield from ask(cut_off, number))

    flows = {number: flow(number) for number in range(2)}
    with pytest.raises(psycopg.OperationalError):
        dict(settle_all(database, flows, lambda _: None))
