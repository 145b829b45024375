"""Asking why, as `bridge explain` does it; no code under test but that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.explain.causes import ALL_WELL
from bridge.explain.examine import explain
from bridge.explain.gather import read_snapshot
from bridge.explain.target import find_target

if TYPE_CHECKING:
    import psycopg

    from bridge.explain.model import Explanation


def ask(
    tx: psycopg.Connection, what: str, *, campaign: str | None = None, connection: str | None = None
) -> Explanation:
    """Return the explanation, after checking that it is whole."""
    target = find_target(tx, what, connection)
    snapshot = read_snapshot(tx, target, owner_policy="linked_first", campaign=campaign)
    explanation = explain(snapshot)
    states = [check.state for check in explanation.checks]
    if explanation.cause is None:
        assert set(states) == {"ok"}, explanation
        assert explanation.what_to_do == ALL_WELL
        return explanation
    first = states.index("failing")
    assert set(states[:first]) <= {"ok"}
    assert set(states[first + 1 :]) <= {"not_reached"}
    assert len(explanation.what_to_do) > 10
    assert "\n" not in explanation.what_to_do
    return explanation
