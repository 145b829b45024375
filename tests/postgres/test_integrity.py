"""Scores beside workers who go on meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from bridge.clock import advance, set_clock
from bridge.integrity.score import SQL, keep_score
from bridge.retention.let_go import let_go

if TYPE_CHECKING:
    from bridge.db.database import Database

A_FIRM = """
WITH firm AS (
  INSERT INTO connection (name, state) VALUES ('firm', 'active') RETURNING id),
ada AS (
  INSERT INTO practifi_record (connection_id, kind, sf_id, email_key, fields, source, seen_at)
  SELECT id, 'contact', '0035g00000Ada00AAA', 'ada@example.org', '{}', 'message', app_now()
  FROM firm)
INSERT INTO run (connection_id, job, mode, origin, asked_by, asked_at, state)
SELECT id, 'contacts', 'apply', 'cli', 'olga', app_now(), 'planning' FROM firm
RETURNING connection_id, id
"""
A_LINK = """
INSERT INTO link
SELECT connection_id, 'contact', sf_id, gen_random_uuid(), true, app_now() FROM practifi_record
"""
APART = {"ada@example.org": "rejected"}


@pytest.fixture
def run(database: Database) -> tuple[int, int]:
    """A run that has decided; Ada, whom it could not compare, is not linked yet."""
    with database.transaction() as tx:
        set_clock(tx, movable=True)
        row = tx.execute(A_FIRM).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def scores(database: Database) -> list[tuple[int, int]]:
    with database.transaction() as tx:
        return tx.execute("SELECT linked, agreeing FROM integrity_score").fetchall()


def test_a_record_that_is_linked_while_the_score_is_made_counts_as_linked(
    database: Database, run: tuple[int, int]
) -> None:
    values = {"connection_id": run[0], "run_id": run[1], "job": "contacts", "kind": "contact"}
    apart = {"apart": list(APART), "apart_causes": list(APART.values())}
    with database.transaction() as tx:
        tx.execute(SQL["begin_score"], values)
        with database.transaction() as worker:
            worker.execute(A_LINK)
        tx.execute(SQL["add_differences"], values | apart)
        tx.execute(SQL["end_score"], values)
    assert scores(database) == [(1, 0)]


def test_a_run_that_goes_on_keeps_its_first_score(database: Database, run: tuple[int, int]) -> None:
    for apart in (APART, {}):
        with database.transaction() as tx:
            tx.execute(f"{A_LINK} ON CONFLICT DO NOTHING")
            keep_score(tx, *run, "contacts", apart)  # type: ignore[arg-type]
    assert scores(database) == [(1, 0)]


def test_single_differences_go_after_30_days_and_scores_stay(
    database: Database, run: tuple[int, int]
) -> None:
    with database.transaction() as tx:
        tx.execute(A_LINK)
        keep_score(tx, *run, "contacts", APART)  # type: ignore[arg-type]
        advance(tx, 31 * 86_400)
    assert not let_go(database, until=time.monotonic() + 60)
    with database.transaction() as tx:
        assert tx.execute("SELECT count(*) FROM integrity_difference").fetchall() == [(0,)]
    assert scores(database) == [(1, 0)]
