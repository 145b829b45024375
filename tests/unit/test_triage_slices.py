"""A slice of triage tells consent's workers of each batch, and others now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from bridge.inbox.triage import BATCH
from bridge.wakeups import topics
from reconciler import handlers

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from bridge.bootstrap import Installation


class Batches:
    """An installation whose triage takes these numbers of notifications; what was told is kept."""

    database = None
    tombstones_in: frozenset[int] = frozenset()

    def __init__(self, *counts: int) -> None:
        self._counts = list(counts)
        self.told: list[set[str]] = []
        self.waker = self

    def take(self, _database: None, *, consent: bool, deleted: Callable[[], None]) -> int:
        del consent
        if self._counts and self._counts[0] in self.tombstones_in:
            deleted()
        return self._counts.pop(0) if self._counts else 0

    def wake(self, told: set[str]) -> None:
        self.told.append(told)


def triaged(monkeypatch: pytest.MonkeyPatch, *counts: int) -> tuple[list[set[str]], set[str]]:
    """Return what a slice told after each batch, and what it asked for at its end."""
    batches = Batches(*counts)
    monkeypatch.setattr(handlers, "triage_batch", batches.take)
    ended = handlers._triage(cast("Installation", batches), consent=False)
    return batches.told, ended


ALL = {topics.DELIVER, topics.DELIVER_CONSENT}


def test_the_first_and_the_last_batch_of_a_backlog_are_told_to_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told, ended = triaged(monkeypatch, BATCH, BATCH, BATCH, 7)
    assert told == [ALL, {topics.DELIVER_CONSENT}, {topics.DELIVER_CONSENT}, ALL]
    assert ended == set()


def test_a_slice_that_ends_amid_a_backlog_leaves_nothing_untold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(handlers, "SLICE_S", 0.01)
    _, ended = triaged(monkeypatch, *[BATCH] * 1_000_000)
    assert ended == {topics.TRIAGE, topics.DELIVER}


def test_nothing_is_told_where_nothing_was_triaged(monkeypatch: pytest.MonkeyPatch) -> None:
    assert triaged(monkeypatch) == ([], set())


def test_a_tombstone_has_deletions_asked_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Batches, "tombstones_in", frozenset({3}))
    told, _ = triaged(monkeypatch, BATCH, 3)
    assert {topics.DELETES} in told
    told, _ = triaged(monkeypatch, BATCH, 4)
    assert {topics.DELETES} not in told
