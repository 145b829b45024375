"""A program that goes on with saves of Bulk Create, in processes which are killed as an order says.

An order has the number of the `transaction` that its process is killed in, or, where that one is
`kept`, right after it; without a number the process lives.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bridge.bootstrap import open_installation
from bridge.bulk_create import carry_out
from bridge.settings import read_settings
from tests.faults.mortal import die, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from bridge.db.database import Database

AT_ONCE = 2
"""Memberships of one call to Salesforce, so that a save takes several."""

_SLICE_S = 30.0


class DoomedDatabase:
    """A database whose transactions are counted, up to the last one of its process."""

    def __init__(self, database: Database, order: dict[str, Any]) -> None:
        self._database = database
        self._left = order.get("transaction", 0)
        self._is_kept = order.get("kept", False)

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection]:
        """Give a connection in a transaction, and die in it or right after it if that is due."""
        self._left -= 1
        is_last = self._left == 0
        with self._database.transaction() as tx:
            yield tx
            if is_last and not self._is_kept:
                die()
        if is_last:
            die()

    session = transaction


def carry_on(order: dict[str, Any]) -> None:
    """Go on with whatever is due."""
    carry_out._AT_ONCE = AT_ONCE
    installation = open_installation(read_settings())
    doomed: Any = replace(
        installation,
        database=DoomedDatabase(installation.database, order),  # type: ignore[arg-type]
    )
    carry_out.create_slice(doomed, until=time.monotonic() + _SLICE_S)


if __name__ == "__main__":
    serve(carry_on)
