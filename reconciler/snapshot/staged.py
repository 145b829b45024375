"""Where in staging what differs from the mirror stands, once a snapshot is complete."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg

from reconciler.snapshot.stage import SQL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import LiteralString

    from bridge.db.database import Database
    from reconciler.runs.context import RunContext

Result = TypeVar("Result")

_SOURCES = {
    "practifi": SQL["forget_repeated_records"],
    "cc": SQL["forget_repeated_resources"],
}


def complete(context: RunContext, *sources: str) -> None:
    """Make a snapshot comparable: each record once, and the planner knows how many there are.

    Args:
        context: The run.
        sources: As their checkpoints are named: `practifi:KIND`, `cc:KIND`.

    Raises:
        psycopg.OperationalError: If it is gone, because the server has crashed.
        RunLost, RunCancelled, RunReleased: If the run shall stop.
    """
    for source in sources:
        side, _, kind = source.partition(":")
        values = context.lease.row() | {"kind": kind, "source": source}
        with context.installation.database.transaction() as tx:
            allow_much_memory(tx)
            tx.execute(_SOURCES[side], values)
            context.renew(tx)
    with context.installation.database.transaction() as tx:
        refuse_emptied(tx, context, *sources)
        analyse(tx)


def analyse(tx: psycopg.Connection[Any]) -> None:
    """Tell the planner, in this transaction, of what was just staged."""
    tx.execute(SQL["few_samples"])
    tx.execute(SQL["analyse_staged"])


def allow_much_memory(tx: psycopg.Connection[Any]) -> None:
    """Let the joins of this transaction hold in memory what a million rows need."""
    tx.execute(SQL["much_memory"])


def together(database: Database, read: Callable[[psycopg.Connection[Any]], Result]) -> Result:
    """Return what `read` finds in a transaction of much memory, by as many processes as may help.

    These share their tables in memory that a container gives sparingly, 64 MB unless it was asked
    for more: where that is too little, `read` begins again, and one process does all of it.
    """
    try:
        with database.transaction() as tx:
            allow_much_memory(tx)
            return read(tx)
    except psycopg.errors.DiskFull:  # so the server says that as well
        with database.transaction() as tx:
            allow_much_memory(tx)
            tx.execute(SQL["alone"])
            return read(tx)


def refuse_emptied(tx: psycopg.Connection[Any], context: RunContext, *sources: str) -> None:
    """Ask, in the transaction that reads a snapshot, that it is still there.

    Raises:
        psycopg.OperationalError: If the server has crashed since it was read: it is read again by
            whoever takes the run up.
    """
    for source in sources:
        if not context.checkpoint(tx, source).complete:
            message = f"what was read of {source} is gone: the database was restarted"
            raise psycopg.OperationalError(message)


@contextmanager
def changes(
    context: RunContext, statement: LiteralString, count: int, **values: object
) -> Iterator[Iterator[list[Any]]]:
    """Give the rows of a statement, at most `count` at once, without a transaction meanwhile.

    The server keeps them: whoever takes them works in transactions of their own.
    """
    with context.installation.database.session() as session:
        cursor = session.cursor(name="changes", withhold=True)
        with session.transaction():
            allow_much_memory(session)
            cursor.execute(statement, context.lease.row() | values)
        try:
            yield iter(lambda: cursor.fetchmany(count), [])
        finally:
            cursor.close()
