"""A slice of delivery is divided among the connections that have work."""

from __future__ import annotations

import time

import pytest

from bridge.delivery.deliver import _turns
from bridge.delivery.work import INTERACTIVE, WEBHOOK, Due


def work(connection_id: int, lane: int = WEBHOOK) -> list[Due]:
    return [Due(connection_id=connection_id, kind="address", key="ada@example.org", lane=lane)]


def test_the_most_urgent_connection_begins_and_leaves_the_others_their_part() -> None:
    begun = time.monotonic()
    until = begun + 600
    by_connection = {1: work(1), 2: work(2, INTERACTIVE), 3: work(3)}
    (first, _, its_end), *others = list(_turns(by_connection, until))
    assert first == 2
    assert its_end == pytest.approx(begun + 200, abs=5)
    assert {connection_id for connection_id, _, _ in others} == {1, 3}
    assert others[-1][2] == pytest.approx(until)


def test_a_connection_alone_has_the_whole_slice() -> None:
    until = time.monotonic() + 600
    [(_, _, its_end)] = _turns({1: work(1)}, until)
    assert its_end == pytest.approx(until)


def test_no_turn_is_too_short_to_begin_anything() -> None:
    begun = time.monotonic()
    turns = list(_turns({number: work(number) for number in range(100)}, begun + 5))
    assert all(its_end >= begun + 1 for _, _, its_end in turns)
