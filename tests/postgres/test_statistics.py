"""PostgreSQL's planner knows a table that has just filled, long before its own round comes by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bridge.db.statistics import refresh_statistics

if TYPE_CHECKING:
    from bridge.db.database import Database

FILL = """
INSERT INTO wakeup (topic, asked_at)
SELECT 'topic ' || number, app_now() FROM generate_series(%(first)s::int, %(last)s::int) AS number
"""


def fill(database: Database, first: int, last: int) -> None:
    """Add rows to a small table, and have PostgreSQL count them now and not within a second."""
    with database.transaction() as tx:
        tx.execute(FILL, {"first": first, "last": last})
        tx.execute("SELECT pg_stat_force_next_flush()")


def rows_planned_with(database: Database) -> float:
    with database.transaction() as tx:
        [rows] = tx.execute("SELECT reltuples FROM pg_class WHERE relname = 'wakeup'").fetchone()  # type: ignore[misc]
    return float(rows)


def test_a_table_that_has_filled_is_analysed_once(database: Database) -> None:
    fill(database, 1, 1_000)
    assert refresh_statistics(database) == ["wakeup"]
    assert rows_planned_with(database) == 1_000
    assert refresh_statistics(database) == []


def test_a_table_is_analysed_again_once_as_much_was_written_as_it_had(database: Database) -> None:
    fill(database, 1, 1_000)
    refresh_statistics(database)
    fill(database, 1_001, 1_900)
    assert refresh_statistics(database) == []
    fill(database, 1_901, 2_000)
    assert refresh_statistics(database) == ["wakeup"]
    assert rows_planned_with(database) == 2_000


def test_a_table_that_somebody_alters_is_left_for_the_next_time(database: Database) -> None:
    fill(database, 1, 1_000)
    with database.transaction() as tx:
        tx.execute("LOCK TABLE wakeup IN SHARE ROW EXCLUSIVE MODE")
        refresh_statistics(database)
        assert rows_planned_with(database) < 1_000
    assert refresh_statistics(database) == ["wakeup"]
    assert rows_planned_with(database) == 1_000
