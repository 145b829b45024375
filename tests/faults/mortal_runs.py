"""A program that carries runs on, in processes of their own which are killed where an order says.

An order has `connection`, `run`, and where its process is killed: `page` (the number of a page) or
`transaction` (counted from the moment the plan is stored), and whether that one is `kept`.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from bridge.bootstrap import open_installation
from bridge.settings import read_settings
from reconciler.runs.context import RunContext, Watcher
from reconciler.runs.execute import execute
from reconciler.runs.store import claim
from tests.faults.mortal import die, serve
from tests.journey.dying import LEASE_S, make_pages_small

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from bridge.db.database import Database


class Doom(Watcher):
    """Kills the process once it has come to its place."""

    def __init__(self, order: dict[str, Any], database: Database) -> None:
        self._database = database
        self._pages = order.get("page")
        self._transactions = order.get("transaction")
        self._is_kept = order["kept"]
        self._is_planned = False
        whole = RunContext.save_checkpoint

        def save_checkpoint(*arguments: Any, **named: Any) -> None:
            whole(*arguments, **named)
            if self._pages is not None:
                self._pages -= 1
                if self._pages == 0 and not self._is_kept:
                    die()

        RunContext.save_checkpoint = save_checkpoint  # type: ignore[method-assign]

    def progress(self, what: str, done: int, total: int | None) -> None:  # noqa: ARG002
        """Die, if the page was kept after which that is due."""
        if self._pages == 0:
            die()

    def planned(self) -> None:
        """Begin to count transactions."""
        self._is_planned = True

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """Give a connection in a transaction, and die in it or right after it if that is due."""
        is_last = False
        if self._is_planned and self._transactions is not None:
            self._transactions -= 1
            is_last = self._transactions == 0
        with self._database.transaction() as tx:
            yield tx
            if is_last and not self._is_kept:
                die()
        if is_last:
            die()

    session = transaction


def carry_on(order: dict[str, Any]) -> None:
    installation = open_installation(read_settings())
    with installation.database.transaction() as tx:
        lease = claim(tx, order["connection"], order["run"], LEASE_S)
    assert lease is not None
    doom = Doom(order, installation.database)
    doomed: Any = replace(installation, database=doom)  # type: ignore[arg-type]
    execute(doomed, lease, watcher=doom)


if __name__ == "__main__":
    make_pages_small(pytest.MonkeyPatch())
    serve(carry_on)
