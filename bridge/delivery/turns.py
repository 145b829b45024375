"""Whose turn it is where addresses wait for each other. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MOST = 20


def must_wait(key: str, ahead_of: Callable[[str], Sequence[str]]) -> bool:
    """Tell whether an address must wait for those ahead of it.

    Where addresses wait in a circle, as two do whose people swapped them, the first by key goes.

    Args:
        key: The address that wants its turn.
        ahead_of: The addresses that one has to wait for; followed at most 20 deep.

    >>> must_wait("a", {"a": ["b"], "b": []}.__getitem__)
    True
    >>> [must_wait(key, {"a": ["b"], "b": ["a"]}.__getitem__) for key in "ab"]
    [False, True]
    """
    waits: dict[str, Sequence[str]] = {}
    reached = [key]
    while reached and len(waits) < _MOST:
        one = reached.pop()
        if one not in waits:
            waits[one] = ahead_of(one)
            reached += waits[one]
    circle = {key}
    while more := {one for one, ahead in waits.items() if circle.intersection(ahead)} - circle:
        circle |= more
    return any(one not in circle for one in waits[key]) or (len(circle) > 1 and min(circle) != key)
