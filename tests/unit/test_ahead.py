"""Two things at once: in order, errors where they belong, and nothing left running."""

from __future__ import annotations

import threading
from itertools import count
from typing import TYPE_CHECKING

import pytest

from reconciler.ahead import Behind, ahead

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_items_come_in_their_order() -> None:
    assert list(ahead(iter(range(100)), 3)) == list(range(100))


def test_no_more_than_so_many_are_taken_ahead() -> None:
    taken: list[int] = []
    has_taken = threading.Event()

    def items() -> Iterator[int]:
        for number in count():
            taken.append(number)
            if len(taken) == 5:  # one was given, three wait, one waits for its place
                has_taken.set()
            yield number

    coming = ahead(items(), 3)
    assert next(coming) == 0
    assert has_taken.wait(10)
    coming.close()
    assert len(taken) == 5


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    coming = ahead(items(), 3)
    assert next(coming) == 1
    with pytest.raises(ValueError, match="no more"):
        next(coming)


def test_who_stops_early_closes_where_they_come_from() -> None:
    is_closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            yield from count()
        finally:
            is_closed.set()

    coming = ahead(items(), 3)
    next(coming)
    coming.close()
    assert is_closed.is_set()


def test_acts_are_done_one_after_another_before_the_end() -> None:
    done: list[int] = []
    with Behind() as behind:
        for number in range(20):
            behind.do(lambda number=number: done.append(number))  # type: ignore[misc]
    assert done == list(range(20))


def test_what_an_act_raises_is_raised_at_the_next_or_at_the_end() -> None:
    def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"), Behind() as behind:  # noqa: PT012 -- which of both
        behind.do(fail)
        behind.do(lambda: None)
    with pytest.raises(ValueError, match="no"), Behind() as behind:
        behind.do(fail)
