"""Show that the demo can fail: while one line is played, a system lies about what it did."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from sandbox.demo.stage import Stage

    Faults = list[dict[str, object]]

_NO_CHANGE: Faults = [
    {
        "side": "constant_contact",
        "kind": "lie",
        "method": method,
        "path": "/contacts|/contact_lists|/activities",
    }
    for method in ("POST", "PUT", "DELETE")
]
_NO_INTERACTION: Faults = [
    {"side": "salesforce", "kind": "lie", "path": "Interaction", "method": method}
    for method in ("POST", "PATCH")
]
_OF_INTERACTIONS = 6


def falsified(stage: Stage, number: int | None) -> Callable[[int], AbstractContextManager[None]]:
    """Return what puts the lie in force while the line of this number is played."""

    @contextmanager
    def meanwhile(playing: int) -> Iterator[None]:
        if playing != number:
            yield
            return
        system, thing, faults = "Constant Contact", "change", _NO_CHANGE
        if number == _OF_INTERACTIONS:
            system, thing, faults = "Salesforce", "Interaction", _NO_INTERACTION
        stage.narrator.say(f"falsified: {system} keeps no {thing} while this line is played")
        stage.control.set_faults(faults)
        try:
            yield
        finally:
            stage.control.set_faults([])

    return meanwhile
