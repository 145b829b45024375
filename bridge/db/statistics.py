"""Statistics: what PostgreSQL's planner knows of a table, kept up where the table has just filled.

The server's own round comes by once a minute. Until then it plans for the table that it last saw,
and one that nobody has looked at yet counts as nearly empty whatever was asked for: a flood that
meets a new installation was triaged by reading the whole mirror for each batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.db.queries import load_queries

if TYPE_CHECKING:
    from bridge.db.database import Database

SQL = load_queries("bridge.db")


def refresh_statistics(database: Database) -> list[str]:
    """Analyse each table that has at least doubled since that was done, and return their names.

    So a table that grows is read a few times in all. What somebody alters or cleans up just now is
    passed over without waiting.
    """
    with database.transaction() as tx:
        grown = tx.execute(SQL["grown_tables"]).fetchall()
    for _, analyse in grown:
        with database.transaction() as tx:  # each by itself: what was analysed stays locked
            tx.execute(analyse.encode())
    return [name for name, _ in grown]
